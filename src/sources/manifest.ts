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

/** Reads the text of one file of YAML or JSON documents. A file that is not YAML from end to end gives a diagnostic and no object. */
export function parseManifest(file: string, text: string): Manifest | Diagnostic {
  const parsed = parseYaml(text);
  if ('error' in parsed) {
    const { line, column, message } = parsed.error;
    return { ...diagnostic('ManifestUnreadable', manifestRef(file), '', message), at: { file, line, column } };
  }
  const positions = createPositionSource(text);
  const objects: ManifestObject[] = [];
  const ignoredKinds = new Map<string, number>();
  for (const [document, value] of parsed.documents.entries()) {
    for (const item of flatten(value, '', 0)) {
      const decoded = decode(item.value);
      if (!decoded.known) ignoredKinds.set(decoded.apiKind, (ignoredKinds.get(decoded.apiKind) ?? 0) + 1);
      else objects.push(createObject(decoded, { file, document, base: parseFieldPath(item.path), positions }));
    }
  }
  return { file, documents: parsed.documents.filter((value) => value !== null).length, objects, ignoredKinds };
}

/** Keeps the index of a file as long as the memory is not needed for something else. */
function createPositionSource(text: string): () => Positions {
  let index: WeakRef<Positions> | undefined;
  return () => {
    const positions = index?.deref() ?? indexPositions(text);
    index ??= new WeakRef(positions);
    if (index.deref() !== positions) index = new WeakRef(positions);
    return positions;
  };
}

interface Origin {
  readonly file: string;
  readonly document: number;
  /** The way from the document to the object, for objects in a list. */
  readonly base: readonly Segment[];
  readonly positions: () => Positions;
}

function createObject(decoded: Decoded, origin: Origin): ManifestObject {
  const place = (field: string, want: 'key' | 'value'): Place => {
    const path = [...origin.base, ...parseFieldPath(field)];
    return { file: origin.file, ...origin.positions().find(origin.document, path, want) };
  };
  const diagnostics = decoded.diagnostics.map((item) => {
    const identity = item.object.name === '' && item.object.kind === '' ? { object: manifestRef(origin.file) } : {};
    return { ...item, ...identity, at: place(item.field, item.code === 'FieldUnknown' ? 'key' : 'value') };
  });
  return { decoded: { ...decoded, diagnostics }, locate: (field) => place(field, 'value') };
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
