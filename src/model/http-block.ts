import type { Directive, Word } from './directive.ts';

/**
 * What stands at the level `http` and defines a name: variables and zones. Several places may ask for the same one; it is printed
 * once. The name is a variable or zone of ours, made from a hash of what is in it, so that equal names mean equal content.
 */
export type HttpBlock = MapBlock | GeoBlock | SplitBlock | ZoneBlock | CacheBlock | ExporterBlock;

/** `map SOURCE $NAME { … }`: the first entry in the order of NGINX (exact keys, then patterns as they stand here) that fits. */
export interface MapBlock {
  readonly kind: 'map';
  readonly name: string;
  readonly source: Word;
  readonly entries: readonly MapEntry[];
  readonly default: Word;
}

/** NGINX compares an `exact` key without regard to case. Variables in the value are evaluated, captures of the pattern too. */
export interface MapEntry {
  readonly key: { readonly exact: string } | { readonly pattern: string; readonly ignoreCase: boolean };
  readonly value: Word;
}

/** Is not empty where the connection of the client is not encrypted, whatever somebody in front says. */
export const withoutTls: MapBlock = {
  kind: 'map',
  name: 'gatehouse_without_tls',
  source: { variable: 'https' },
  entries: [{ key: { exact: '' }, value: { text: '1' } }],
  default: { text: '' },
};

/** `geo SOURCE $NAME { … }`: the narrowest network that holds the address. Values are literal. */
export interface GeoBlock {
  readonly kind: 'geo';
  readonly name: string;
  /** `$remote_addr` unless given. */
  readonly source?: Word;
  readonly entries: readonly { readonly network: string; readonly value: string }[];
  readonly default: string;
}

/** `split_clients SOURCE $NAME { … }`: shares in hundredths of a percent; the rest gets `default`. Values are literal. */
export interface SplitBlock {
  readonly kind: 'split_clients';
  readonly name: string;
  readonly source: Word;
  readonly parts: readonly { readonly hundredths: number; readonly value: string }[];
  readonly default: string;
}

/** A directive that names a shared zone, such as `limit_req_zone`. A reload fails when a zone keeps its name and changes its key. */
export interface ZoneBlock {
  readonly kind: 'zone';
  readonly name: string;
  readonly directive: Directive;
}

/** A cache for answers of auth services, in the folder that `runPaths` has for it. */
export interface CacheBlock {
  readonly kind: 'cache';
  readonly name: string;
}

/** `otel_exporter { … }`, and whose the spans are: only with it can anything be traced, and only with it is the module loaded. */
export interface ExporterBlock {
  readonly kind: 'exporter';
  readonly name: 'otel_exporter';
  /** Literal: NGINX evaluates no variables in any of these. */
  readonly service: string;
  readonly settings: readonly { readonly name: string; readonly value: string }[];
}
