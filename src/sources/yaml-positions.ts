import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';
import type { Segment } from './field-path.ts';

/** 1-based line and column; the column counts UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds where things are written in a text of YAML documents. */
export interface Positions {
  /**
   * The position of a value in the document of this number, or of its nearest parent when it is not written there. `key`
   * asks for the key of the value instead.
   */
  readonly find: (document: number, path: readonly Segment[], want: 'key' | 'value') => Position;
}

/** Indexes a text that `parseYaml` accepts. Costs as much as parsing it again, so it is made only when somebody asks. */
export function indexPositions(text: string): Positions {
  const tree = createTree(text, parseEvents(text, {}));
  const lineOf = createLineIndex(text);
  return {
    find: (document, path, want) => {
      const root = tree.roots[document] ?? 0;
      return lineOf(locate(tree, root, path, want));
    },
  };
}

interface Child {
  /** Index of the key's event; absent for list items. */
  readonly key?: number;
  readonly value: number;
}

interface Tree {
  readonly roots: readonly number[];
  readonly child: (parent: number, segment: Segment) => Child | undefined;
  /** Offset in the text; absent for an empty value, which is written nowhere. */
  readonly offset: (node: number) => number | undefined;
}

function locate(tree: Tree, root: number, path: readonly Segment[], want: 'key' | 'value'): number {
  let node = root;
  let offset = tree.offset(root) ?? 0;
  for (const [index, segment] of path.entries()) {
    const child = tree.child(node, segment);
    if (!child) return offset;
    node = child.value;
    const key = child.key === undefined ? undefined : tree.offset(child.key);
    const isKeyWanted = want === 'key' && index === path.length - 1;
    offset = (isKeyWanted ? key : undefined) ?? tree.offset(node) ?? key ?? offset;
  }
  return offset;
}

function createTree(text: string, events: readonly Event[]): Tree {
  const { roots, ends } = measure(events);
  const child = (at: number, segment: Segment): Child | undefined => {
    const parent = resolveAlias(text, events, at);
    const type = events[parent]?.type;
    if (type === EVENT_ID.SEQUENCE) return typeof segment === 'number' ? itemAt(parent, segment) : undefined;
    return type === EVENT_ID.MAPPING ? entryAt(parent, String(segment)) : undefined;
  };
  const isEnd = (index: number): boolean => index >= events.length || events[index]?.type === EVENT_ID.POP;
  const next = (index: number): number => ends[index] ?? events.length;
  const itemAt = (parent: number, position: number): Child | undefined => {
    let index = parent + 1;
    for (let left = position; left > 0 && !isEnd(index); left -= 1) index = next(index);
    return isEnd(index) ? undefined : { value: index };
  };
  const entryAt = (parent: number, name: string): Child | undefined => {
    const merged: number[] = [];
    for (let key = parent + 1; !isEnd(key); key = next(next(key))) {
      const event = events[key];
      const written = event?.type === EVENT_ID.SCALAR ? getScalarValue(text, event) : undefined;
      if (written === name) return { key, value: next(key) };
      if (written === '<<') merged.push(next(key));
    }
    return merged.map((value) => mergedEntry(value, name)).find((found) => found !== undefined);
  };
  const mergedEntry = (at: number, name: string): Child | undefined => {
    const source = resolveAlias(text, events, at);
    if (events[source]?.type !== EVENT_ID.SEQUENCE) return child(source, name);
    for (let item = source + 1; !isEnd(item); item = next(item)) {
      const found = child(item, name);
      if (found) return found;
    }
    return undefined;
  };
  return { roots, child, offset: (node) => offsetOf(text, events, node) };
}

/** For each event the index after everything inside of it, and the root node of each document. */
function measure(events: readonly Event[]): { readonly roots: readonly number[]; readonly ends: Int32Array } {
  const ends = new Int32Array(events.length);
  const roots: number[] = [];
  const open: number[] = [];
  for (const [index, event] of events.entries()) {
    ends[index] = index + 1;
    if (event.type === EVENT_ID.DOCUMENT) roots.push(index + 1);
    if (event.type === EVENT_ID.POP) ends[open.pop() ?? 0] = index + 1;
    else if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.ALIAS) open.push(index);
  }
  return { roots, ends };
}

/** The node that an alias stands for: the last one before it with that anchor. */
function resolveAlias(text: string, events: readonly Event[], at: number): number {
  const alias = events[at];
  if (alias?.type !== EVENT_ID.ALIAS) return at;
  const name = text.slice(alias.anchorStart, alias.anchorEnd);
  return events.findLastIndex((event, index) => {
    if (index >= at || !('anchorStart' in event) || event.type === EVENT_ID.ALIAS) return false;
    return event.anchorStart >= 0 && text.slice(event.anchorStart, event.anchorEnd) === name;
  });
}

function offsetOf(text: string, events: readonly Event[], node: number): number | undefined {
  const event = events[node];
  if (event?.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  if (event?.type === EVENT_ID.SCALAR) return scalarOffset(text, event, events[node - 1]);
  if (event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE) return event.start;
  return undefined;
}

function scalarOffset(text: string, event: ScalarEvent, before: Event | undefined): number | undefined {
  if (event.valueStart < 0) return undefined;
  if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED) return event.valueStart - 1;
  if (event.style === SCALAR_STYLE.PLAIN) return event.valueStart;
  // A block scalar begins with its `|` or `>`, which stands after the key.
  const from = before?.type === EVENT_ID.SCALAR && before.valueEnd >= 0 ? before.valueEnd : event.valueStart;
  const header = text.slice(from, event.valueStart).search(/[|>]/);
  return header < 0 ? event.valueStart : from + header;
}

function createLineIndex(text: string): (offset: number) => Position {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
