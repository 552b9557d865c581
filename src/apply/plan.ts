import type { ReloadCause } from '../model/outcome.ts';
import type { Rendered } from '../model/rendered.ts';

/** A generation that runs, with its files as far as they are known. */
export interface LiveGeneration {
  readonly generation: string;
  /** Absent when a master was taken over whose generation is not on disk any more. */
  readonly files?: ReadonlyMap<string, string>;
}

/** What was published without NGINX. */
export interface Published {
  readonly endpoints: number;
  readonly certificates: number;
  readonly files: number;
}

export type Plan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'live' }
  /** `reason` is for people: what is different. */
  | { readonly kind: 'reload'; readonly cause: ReloadCause; readonly reason: string };

/** Decides whether NGINX has to be touched, and says why. */
export function planChange(live: LiveGeneration | undefined, next: Rendered, published: Published): Plan {
  if (live?.generation === next.generation)
    return { kind: published.endpoints + published.certificates + published.files > 0 ? 'live' : 'nothing' };
  if (!live) return { kind: 'reload', cause: 'first', reason: 'first generation' };
  if (!live.files)
    return { kind: 'reload', cause: 'takeover', reason: `NGINX ran generation ${live.generation}, of which nothing else is known` };
  return { kind: 'reload', ...difference(generationChange({ ...live, files: live.files }, next)) };
}

type Change = { readonly added: readonly string[]; readonly removed: readonly string[] };

type Files = ReadonlyMap<string, string>;

type Generation = Required<LiveGeneration>;

/** What was added last to come to these files, as it is asked for twice. Holds nothing that they do not hold. */
const lastAdded = new WeakMap<Files, { readonly before: WeakRef<Files>; readonly added: readonly string[] }>();

/** The lines, without indentation, that a generation has and the one before had not, or less often. */
export function addedLines(live: Generation, next: Generation): readonly string[] {
  const known = lastAdded.get(next.files);
  return known?.before.deref() === live.files ? known.added : generationChange(live, next).added;
}

/** The lines that one generation has more often than the other. Both name themselves, which is no difference. */
function generationChange(live: Generation, next: Generation): Change {
  const names = [...new Set([...live.files.keys(), ...next.files.keys()])].sort();
  const before = (name: string) => live.files.get(name)?.replaceAll(live.generation, next.generation) ?? '';
  const changes = names.map((name) => changedLines(before(name), next.files.get(name) ?? ''));
  const isTelling = (line: string) => line !== '';
  const added = changes.flatMap((change) => change.added).filter(isTelling);
  lastAdded.set(next.files, { before: new WeakRef(live.files), added });
  return { added, removed: changes.flatMap((change) => change.removed).filter(isTelling) };
}

interface Difference {
  readonly cause: ReloadCause;
  readonly reason: string;
}

function difference(lines: Change): Difference {
  const isDirective = (line: string) => !line.startsWith('#');
  const directives: Change = { added: lines.added.filter(isDirective), removed: lines.removed.filter(isDirective) };
  const hosts = countText(named(directives, hostsOf), 'host');
  const upstreams = countText(named(directives, upstreamOf), 'upstream');
  const cause = hosts.length > 0 ? 'hosts' : upstreams.length > 0 ? 'upstreams' : 'other';
  const parts = [...hosts, ...upstreams, ...countText(directives, 'line')];
  if (parts.length > 0) return { cause, reason: parts.join(', ') };
  return { cause, reason: lines.added.length + lines.removed.length > 0 ? 'only comments changed' : 'only the order of lines changed' };
}

/** The lines that one text has more often than the other. What both begin and end with is not even split. */
function changedLines(before: string, after: string): Change {
  if (before === after) return { added: [], removed: [] };
  const raw = countedLines(...withoutCommonEnds(before, after));
  const trimmed = (lines: readonly string[]) => lines.map((line) => line.trim());
  // Few are left, of which some may differ in nothing but their indentation.
  return countedLines(trimmed(raw.removed), trimmed(raw.added));
}

function countedLines(before: readonly string[], after: readonly string[]): Change {
  const counts = new Map<string, number>();
  for (const line of after) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) - 1);
  const change: { readonly added: string[]; readonly removed: string[] } = { added: [], removed: [] };
  for (const [line, count] of counts) {
    for (let times = count; times > 0; times -= 1) change.added.push(line);
    for (let times = count; times < 0; times += 1) change.removed.push(line);
  }
  return change;
}

function withoutCommonEnds(before: string, after: string): readonly [readonly string[], readonly string[]] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  start = before.lastIndexOf('\n', start - 1) + 1;
  let end = 0;
  while (end < shorter - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end += 1;
  const middle = (text: string) => {
    const stop = text.indexOf('\n', text.length - end);
    return text.slice(start, stop === -1 ? text.length : stop).split('\n');
  };
  return [middle(before), middle(after)];
}

/** The things that changed lines name. What was both added and removed has only moved. */
function named(change: Change, namesOf: (line: string) => readonly string[]): Change {
  const added = new Set(change.added.flatMap(namesOf));
  const removed = new Set(change.removed.flatMap(namesOf));
  return { added: [...added].filter((name) => !removed.has(name)).sort(), removed: [...removed].filter((name) => !added.has(name)).sort() };
}

function hostsOf(line: string): readonly string[] {
  return /^server_name (.+);$/.exec(line)?.[1]?.split(' ') ?? [];
}

function upstreamOf(line: string): readonly string[] {
  return /^upstream (\S+) \{$/.exec(line)?.slice(1) ?? [];
}

/** `host a.example.com added`, `3 hosts removed`. */
function countText(change: Change, noun: string): readonly string[] {
  return (['added', 'removed'] as const).flatMap((verb) => {
    const items = change[verb];
    if (items.length === 0) return [];
    if (items.length > 1) return [`${items.length} ${noun}s ${verb}`];
    return [noun === 'host' && isPlainHost(items[0]) ? `${noun} ${items[0]} ${verb}` : `1 ${noun} ${verb}`];
  });
}

function isPlainHost(name: string | undefined): boolean {
  return name !== undefined && /^[a-z0-9.-]+$/.test(name);
}
