import { type Directive, directive, joined, variable } from '../model/directive.ts';
import type { HttpBlock } from '../model/http-block.ts';
import { accepted, type Parser, refused } from './parsers.ts';
import { identities, type RequestTemplate, requestTemplate, type TemplateContext, templateWord } from './request-template.ts';

/** How long answers of some statuses are kept. */
export interface CacheDuration {
  readonly statuses: readonly string[];
  /** As NGINX writes it. */
  readonly time: string;
}

/** What is kept of answers without a word about it. */
export const usualDurations: readonly CacheDuration[] = [{ statuses: ['200', '202', '401'], time: '5m' }];

/** Statuses and a time, in parts that are separated by commas. Without statuses NGINX means 200, 301 and 302. */
export const cacheDurations: Parser<readonly CacheDuration[]> = (text) => {
  const durations = text.split(',').map((part) => part.trim().split(/ +/));
  for (const words of durations) {
    const statuses = words.slice(0, -1);
    const time = words.at(-1) ?? '';
    const isRight = statuses.every((status) => /^[1-5]\d\d$/.test(status)) && /^\d{1,6}[smhdwMy]$/.test(time);
    if (!isRight) return refused('write statuses and then a time such as 5m, with one of s m h d w M y; parts are separated by commas');
  }
  return accepted(durations.map((words) => ({ statuses: words.slice(0, -1), time: words.at(-1) ?? '' })));
};

/** What answers are kept by. It has to tell clients apart, or one good answer would let in everybody. */
export const cacheKey: Parser<RequestTemplate> = (text) => {
  if (!/^[A-Za-z0-9\-_${}]{1,1000}$/.test(text))
    return refused('write variables such as $remote_user$http_authorization, with letters, digits, - and _');
  const template = requestTemplate(text, 'question');
  if (!template.ok) return template;
  if (identities(template.value).length === 0)
    return refused(
      'nothing in it tells one client from another, so that one good answer would let in everybody; name a header, a cookie or $remote_user',
    );
  return template;
};

/** The name of NGINX's cache. There is one for all, as its keys name host and path. */
const zone = 'gatehouse_auth_cache';

/** What answers of one place are kept by. */
export interface CacheSettings {
  readonly key: RequestTemplate;
  readonly durations: readonly CacheDuration[];
  /** Tells places apart, and what is asked there. */
  readonly place: string;
}

/** The directives that keep answers. A request that has nothing of what tells clients apart is asked about each time. */
export function cacheDirectives(
  { key, durations, place }: CacheSettings,
  context: TemplateContext,
): { readonly directives: readonly Directive[]; readonly blocks: readonly HttpBlock[] } {
  const nobody = context.unique('nobody', ...identities(key));
  const { word, blocks } = templateWord(
    key.flatMap((part, index) => (index === 0 ? [part] : ['|', part])),
    context,
    'text',
  );
  const who = templateWord(
    identities(key).map((name) => ({ name })),
    context,
    'text',
  );
  return {
    directives: [
      directive('proxy_cache', zone),
      directive('proxy_cache_key', joined(place, ' ', word)),
      ...durations.map(({ statuses, time }) => directive('proxy_cache_valid', ...statuses, time)),
      directive('proxy_cache_bypass', variable(nobody)),
      directive('proxy_no_cache', variable(nobody)),
    ],
    blocks: [
      ...blocks,
      { kind: 'map', name: nobody, source: who.word, entries: [{ key: { exact: '' }, value: { text: '1' } }], default: { text: '' } },
      { kind: 'cache', name: zone },
    ],
  };
}
