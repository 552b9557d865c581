import { hash } from 'node:crypto';
import { type Diagnostic, diagnostic, type Place } from '../model/diagnostic.ts';
import type { ObjectRef } from '../model/objects.ts';
import { type Decoded, decode } from './decode/kinds.ts';
import { isObject } from './decode/shapes.ts';
import { itemOf, parseFieldPath, type Segment } from './field-path.ts';
import { parseYaml } from './yaml.ts';
import { indexPositions, type Positions } from './yaml-positions.ts';

/** One object of a manifest file. */
export interface ManifestObject {
  readonly decoded: Decoded;
  /** Where the value of a field of this object is written, or its nearest parent. The first question indexes the whole file. */
  readonly locate: (field: string) => Place;
}

/** A manifest file that was read. */
export interface Manifest {
  readonly file: string;
  /** How many documents hold something. */
  readonly documents: number;
  /** The objects of kinds that Gatehouse reads, in the order of the file; lists are taken apart. */
  readonly objects: readonly ManifestObject[];
  /** How often each other kind occurs; the empty word stands for documents without `kind`. */
  readonly ignoredKinds: ReadonlyMap<string, number>;
}

/** The reference that complaints about a file as a whole carry. */
export function manifestRef(file: string): ObjectRef {
  return { kind: 'Manifest', namespace: '', name: file };
}

/**
 * Reads the text of one file of YAML or JSON documents. A file that is not YAML from end to end gives a diagnostic and no object. With
 * `reread`, which gives the text of the file as it is then, the text need not be kept for places that are asked for later.
 */
export function parseManifest(file: string, text: string, reread?: () => string | undefined): Manifest | Diagnostic {
  const parsed = parseYaml(text);
  if ('error' in parsed) {
    const { line, column, message } = parsed.error;
    return { ...diagnostic('ManifestUnreadable', manifestRef(file), '', message), at: { file, line, column } };
  }
  const written: Written = { file, text, reread };
  const objects: ManifestObject[] = [];
  const ignoredKinds = new Map<string, number>();
  for (const [document, value] of parsed.documents.entries()) {
    for (const item of flatten(value, '', 0)) {
      const decoded = decode(item.value);
      if (!decoded.known) ignoredKinds.set(decoded.apiKind, (ignoredKinds.get(decoded.apiKind) ?? 0) + 1);
      else objects.push(createObject(decoded, written, { document, base: item.path === '' ? [] : parseFieldPath(item.path) }));
    }
  }
  forgetText(written);
  const documents = parsed.documents.filter((value) => value !== null).length;
  return { file, documents, objects: objects.slice(), ignoredKinds: ignoredKinds.size === 0 ? noKinds : ignoredKinds };
}

const noKinds: ReadonlyMap<string, number> = new Map();

/** The beginning of the file: nobody can tell where something was written in a text that has changed since. */
const nowhere: Positions = { find: () => ({ line: 1, column: 1 }) };

/** A file, and how to find out where things are in it. */
interface Written {
  readonly file: string;
  /** Absent once it can be read again, to save memory: what is read has to be the same text, by its fingerprint. */
  text?: string | undefined;
  print?: string;
  readonly reread?: (() => string | undefined) | undefined;
  /** Kept as long as the memory is not needed for something else. */
  index?: WeakRef<Positions>;
}

function positionsIn(written: Written): Positions {
  const known = written.index?.deref();
  if (known) return known;
  const text = written.text ?? written.reread?.();
  const isSame = text !== undefined && (text === written.text || fingerprint(text) === written.print);
  const positions = isSame ? indexPositions(text) : nowhere;
  written.index = new WeakRef(positions);
  return positions;
}

function forgetText(written: Written): void {
  if (!written.reread || written.text === undefined) return;
  written.print = fingerprint(written.text);
  written.text = undefined;
}

function fingerprint(text: string): string {
  return hash('sha256', text, 'base64').slice(0, 12);
}

interface Origin {
  readonly document: number;
  /** The way from the document to the object, for objects in a list. */
  readonly base: readonly Segment[];
}

function createObject(decoded: Decoded, written: Written, origin: Origin): ManifestObject {
  const diagnostics = decoded.diagnostics.map((item) => {
    const identity = item.object.name === '' && item.object.kind === '' ? { object: manifestRef(written.file) } : {};
    return { ...item, ...identity, at: placeIn(written, origin, item.field, item.code === 'FieldUnknown' ? 'key' : 'value') };
  });
  // Those who complain about an object do so in every batch.
  let places: Map<string, Place> | undefined;
  const locate = (field: string): Place => {
    places ??= new Map();
    const place = places.get(field) ?? placeIn(written, origin, field, 'value');
    places.set(field, place);
    return place;
  };
  return { decoded: diagnostics.length === 0 ? decoded : { ...decoded, diagnostics }, locate };
}

function placeIn(written: Written, { document, base }: Origin, field: string, want: 'key' | 'value'): Place {
  return { file: written.file, ...positionsIn(written).find(document, [...base, ...parseFieldPath(field)], want) };
}

interface Item {
  readonly value: unknown;
  /** Path from the document. */
  readonly path: string;
}

/** Lists in lists are allowed, but nobody writes more than one or two. */
const deepestList = 5;

/** Takes lists apart (`kind: List`, `kind: IngressList`, …). Items of a typed list need not repeat their kind. */
function flatten(value: unknown, path: string, depth: number): readonly Item[] {
  if (value === null || value === undefined) return [];
  if (!isObject(value) || typeof value['kind'] !== 'string' || depth > deepestList) return [{ value, path }];
  const { kind, apiVersion, items } = value;
  if (!kind.endsWith('List') || (kind !== 'List' && !Array.isArray(items))) return [{ value, path }];
  if (!Array.isArray(items)) return [];
  const inherited = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  const prefix = path === '' ? 'items' : `${path}.items`;
  return items.flatMap((item, index) => {
    const whole = isObject(item) ? { ...inherited, ...item } : item;
    // An empty item is a mistake, unlike an empty document.
    return flatten(whole ?? {}, itemOf(prefix, index), depth + 1);
  });
}
