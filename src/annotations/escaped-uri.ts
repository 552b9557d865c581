import { joined, variable, type Word } from '../model/directive.ts';
import type { MapBlock, MapEntry } from '../model/http-block.ts';

/**
 * The variable of NGINX that holds path and query as the client sent them, so that they fit into a query. Stock NGINX has no function for
 * it: each map replaces some signs of one kind, from the left; a blank, which no path has, stands between what is done and what is not.
 */
export const escapedUri = 'gatehouse_escaped_uri';

interface Sign {
  readonly sign: string;
  readonly code: string;
  /** How many each map replaces, if there are so many; at most 7, as NGINX knows nine captures. */
  readonly counts: readonly number[];
  /** Whether one that is left over would change what a query says. */
  readonly isDangerous: boolean;
}

/** The percent sign is first, as the others bring some along. Names in other scripts have many of them. */
const signs: readonly Sign[] = [
  { sign: '%', code: '%25', counts: [...sevens(17), 4, 2, 1], isDangerous: true },
  { sign: '&', code: '%26', counts: [...sevens(3), 4, 2, 1], isDangerous: true },
  { sign: '+', code: '%2B', counts: [7, 4, 2, 1], isDangerous: true },
  { sign: ';', code: '%3B', counts: [4, 2, 1], isDangerous: true },
  { sign: '#', code: '%23', counts: [2, 1], isDangerous: true },
  { sign: '=', code: '%3D', counts: [...sevens(2), 4, 2, 1], isDangerous: false },
  { sign: '/', code: '%2F', counts: [7, 4, 2, 1], isDangerous: false },
  { sign: '?', code: '%3F', counts: [2, 1], isDangerous: false },
];

/** The maps that make it. With more signs than they can replace, it leads to the root of the host. */
export const escapedUriBlocks: readonly MapBlock[] = build();

function build(): readonly MapBlock[] {
  const blocks: MapBlock[] = [];
  let source: Word = joined(' ', variable('request_uri'));
  const add = (entry: MapEntry, otherwise: Word) => {
    const name = `gatehouse_escaping_${blocks.length + 1}`;
    blocks.push({ kind: 'map', name, source, entries: [entry], default: otherwise });
    source = variable(name);
  };
  for (const { sign, code, counts, isDangerous } of signs) {
    for (const count of counts) add(replacing(sign, code, count), source);
    const rest = isDangerous ? `([^${sign}]*)` : '(.*)';
    // Nothing is found in the empty text any more, so that it stays what it is until the end.
    add(entryOf(`^([^ ]*) ${rest}$`, joined(' ', variable('1'), variable('2'))), { text: '' });
  }
  const root = { text: '%2F' };
  return [...blocks, { kind: 'map', name: escapedUri, source, entries: [entryOf('^ (.*)$', variable('1'))], default: root }];
}

function replacing(sign: string, code: string, count: number): MapEntry {
  const found = `([^${sign}]*)${sign.replace(/[+?]/, '\\$&')}`.repeat(count);
  const done = Array.from({ length: count }, (_, index) => [variable(String(index + 2)), code]).flat();
  return entryOf(`^([^ ]*) ${found}(.*)$`, joined(variable('1'), ...done, ' ', variable(String(count + 2))));
}

function entryOf(pattern: string, value: Word): MapEntry {
  return { key: { pattern, ignoreCase: false }, value };
}

function sevens(times: number): readonly number[] {
  return Array.from({ length: times }, () => 7);
}
