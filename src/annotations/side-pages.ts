import { hash } from 'node:crypto';
import type { Directive } from '../model/directive.ts';
import type { ErrorPage, Headers, SideLocation } from '../model/routing.ts';
import type { Contribution, StandIn } from './contribution.ts';
import { gathered, headersOf } from './gathered.ts';

/** Where NGINX goes to by itself, and when. */
export interface Pages {
  readonly errorPages: readonly ErrorPage[];
  readonly side: readonly SideLocation[];
  readonly standIn?: StandIn;
}

const noPages: Pages = { errorPages: [], side: [] };

/** The pages of all features of one place. A status that one of them has to have first is none of the others'. */
export function pagesOf(all: readonly Contribution[]): Pages {
  const pages = gathered(all, (one) => one.errorPages);
  const first = new Set(pages.flatMap(({ statuses, isFirst }) => (isFirst ? statuses : [])));
  const errorPages = pages.flatMap((page) => {
    const statuses = page.isFirst ? page.statuses : page.statuses.filter((status) => !first.has(status));
    return statuses.length === 0 ? [] : [{ ...page, statuses }];
  });
  const side = gathered(all, (one) => one.side);
  const standIn = all.find((one) => one.standIn)?.standIn;
  if (errorPages.length + side.length === 0 && !standIn) return noPages;
  return named(
    { errorPages, side, ...(standIn ? { standIn } : {}) },
    { headers: headersOf(all), logs: gathered(all, (one) => one.directives).filter(({ name }) => name === 'access_log') },
  );
}

/** What a side has in common with the location that leads to it. */
interface Common {
  readonly headers: Headers;
  readonly logs: readonly Directive[];
}

/** Sides that go on for a location are called by what they have of it too, as those of one name are one. */
function named({ errorPages, side, standIn }: Pages, common: Common): Pages {
  const renamed = new Map<string, string>();
  const sides = side.map((one) => {
    const continued = one.withLocationHeaders ? continuing(one, common) : one;
    renamed.set(one.name, continued.name);
    return continued;
  });
  return {
    errorPages: errorPages.map((page) => ({ ...page, side: renamed.get(page.side) ?? page.side })),
    side: sides,
    ...(standIn ? { standIn: { ...standIn, side: renamed.get(standIn.side) ?? standIn.side } } : {}),
  };
}

/** Whoever is asked in place of the backend is told of the client what the backend would be told, and no more. */
function continuing(side: SideLocation, { headers, logs }: Common): SideLocation {
  const { request = [], hidden = [], response = [] } = side.headers ?? {};
  const asked = side.target.kind === 'answer' ? { request: [], hidden: [] } : headers;
  const parts = [headers.response, ...(logs.length > 0 ? [logs] : []), ...(asked.request.length + asked.hidden.length > 0 ? [asked] : [])];
  if (parts.flat().length === 0) return side;
  return {
    ...side,
    name: `${side.name}_${hash('sha256', JSON.stringify(parts.length === 1 ? headers.response : parts)).slice(0, 10)}`,
    directives: [...side.directives, ...logs],
    headers: {
      request: [...asked.request.filter(({ name }) => !request.some((own) => own.name.toLowerCase() === name.toLowerCase())), ...request],
      response: [...headers.response, ...response],
      hidden: [...asked.hidden, ...hidden],
    },
  };
}
