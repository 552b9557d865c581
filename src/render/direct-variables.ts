import type { Word } from '../model/directive.ts';
import type { Front } from '../model/front.ts';
import type { Base, Headers } from '../model/routing.ts';
import { clientMaps } from './client-maps.ts';

/**
 * Where nobody's word about the client is taken, some of its variables are other names for variables of NGINX. Each costs a request as much as
 * any other map does, so the headers of all requests ask for the variable behind the name.
 */
export function withDirectVariables(base: Base, front: Front): Base {
  const behind = directWords(front);
  return { ...base, headers: directHeaders(base.headers, (word) => direct(word, behind)) };
}

/** What is behind each name that is nothing but a name. */
export function directWords(front: Front): ReadonlyMap<string, Word> {
  return new Map(clientMaps(front).flatMap((one) => (one.kind === 'map' && one.entries.length === 0 ? [[one.name, one.default]] : [])));
}

/** The same word without names that are nothing but names. */
export function direct(word: Word, behind: ReadonlyMap<string, Word>): Word {
  if ('parts' in word) return { parts: word.parts.map((part) => direct(part, behind)) };
  const found = 'variable' in word ? behind.get(word.variable) : undefined;
  return found === undefined ? word : direct(found, behind);
}

function directHeaders(headers: Headers, change: (word: Word) => Word): Headers {
  const changed = <T extends { readonly value: Word }>(list: readonly T[]) => list.map((one) => ({ ...one, value: change(one.value) }));
  return { ...headers, request: changed(headers.request), response: changed(headers.response) };
}
