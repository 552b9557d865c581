import type { ConfigContribution } from '../annotations/define.ts';
import { repeatable } from '../annotations/effect.ts';
import { noFront } from '../model/front.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type { Overrides } from '../model/overrides.ts';
import type { Headers, RequestHeader, ResponseHeader } from '../model/routing.ts';

/** Puts together what groups and features say about all hosts. Throws where two of them print a directive that NGINX takes once. */
export function mergeContributions(contributions: readonly (ConfigContribution | undefined)[]): Required<ConfigContribution> {
  const present = contributions.filter((one) => one !== undefined);
  const merged = {
    main: present.flatMap((one) => one.main ?? []),
    events: present.flatMap((one) => one.events ?? []),
    http: present.flatMap((one) => one.http ?? []),
    upstream: present.flatMap((one) => one.upstream ?? []),
    stream: present.flatMap((one) => one.stream ?? []),
    problems: present.flatMap((one) => one.problems ?? []),
    warnings: present.flatMap((one) => one.warnings ?? []),
    front: present.find((one) => one.front)?.front ?? noFront,
    overrides: mergeOverrides(present.flatMap((one) => one.overrides ?? [])),
    blocks: mergeBlocks(present.flatMap((one) => one.blocks ?? [])),
    unmatchedTls: present.flatMap((one) => one.unmatchedTls ?? []),
    files: present.flatMap((one) => one.files ?? []),
    answers: present.flatMap((one) => one.answers ?? []),
    headers: {
      request: mergeHeaders(present, 'request'),
      response: mergeHeaders(present, 'response'),
      hidden: [...present, ...present.map(ownHeaders)].flatMap((one) => one.headers?.hidden ?? []),
    },
    ownHeaders: {},
  };
  for (const level of ['main', 'events', 'http', 'upstream', 'stream'] as const) {
    const names = merged[level].map((one) => one.name).filter((name) => !repeatable.has(name));
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`${twice} is printed twice at the level ${level}`);
  }
  return merged;
}

function ownHeaders({ ownHeaders: headers = {} }: ConfigContribution): ConfigContribution {
  return { headers };
}

/** Each name once, whatever its case: what the ConfigMap itself says counts, then what was said last. */
function mergeHeaders<K extends 'request' | 'response'>(parts: readonly ConfigContribution[], kind: K): Headers[K] {
  const all = [...parts, ...parts.map(ownHeaders)].flatMap((one): readonly (RequestHeader | ResponseHeader)[] => one.headers?.[kind] ?? []);
  return [...new Map(all.map((one) => [one.name.toLowerCase(), one])).values()] as unknown as Headers[K];
}

function mergeOverrides(parts: readonly Overrides[]): Overrides {
  const names = parts.flatMap((part) => Object.keys(part));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${twice} comes from two places`);
  return Object.assign({}, ...parts);
}

/** Each name once, sorted. Equal names have to mean equal content: anything else is a mistake in a definition. */
export function mergeBlocks(blocks: readonly HttpBlock[]): readonly HttpBlock[] {
  const byName = new Map<string, HttpBlock>();
  for (const block of blocks) {
    const earlier = byName.get(block.name);
    if (earlier && earlier !== block && JSON.stringify(earlier) !== JSON.stringify(block))
      throw new Error(`${block.name} is defined twice, and not alike`);
    byName.set(block.name, block);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
