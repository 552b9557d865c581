import { directive } from '../model/directive.ts';
import type { HttpBlock, MapBlock, MapEntry } from '../model/http-block.ts';
import { type NginxSettings, runPaths } from '../model/settings.ts';
import { printDirective, quoteKey, quoteLiteral, quotePattern, quoteWord } from './quote.ts';

/** A block with braces, as the templates print it; a zone has no lines of its own. */
export interface BlockText {
  readonly head: string;
  readonly lines: readonly string[];
}

/** Prints the maps and their like. A map may name the variable of any other, in any order. */
export function httpBlockTexts(blocks: readonly HttpBlock[]): readonly BlockText[] {
  return blocks.flatMap((block) => (block.kind === 'zone' || block.kind === 'cache' ? [] : [blockText(block)]));
}

/** Prints the directives that make a zone or a cache, or name the service that is traced. */
export function zoneLines(blocks: readonly HttpBlock[], { runDirectory }: Pick<NginxSettings, 'runDirectory'>): readonly string[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'zone') return [printDirective(block.directive)];
    if (block.kind === 'exporter') return [`otel_service_name ${quoteLiteral(block.service)};`];
    if (block.kind !== 'cache') return [];
    const limits = [`keys_zone=${block.name}:10m`, 'max_size=32m', 'inactive=30m', 'use_temp_path=off'];
    return [printDirective(directive('proxy_cache_path', runPaths(runDirectory).authCache, 'levels=1:2', ...limits))];
  });
}

function blockText(block: Exclude<HttpBlock, { kind: 'zone' | 'cache' }>): BlockText {
  if (block.kind === 'exporter')
    return { head: block.name, lines: block.settings.map(({ name, value }) => `${name} ${quoteLiteral(value)};`) };
  const name = quoteWord({ variable: block.name });
  if (block.kind === 'map') return { head: `map ${quoteWord(block.source)} ${name}`, lines: mapLines(block) };
  if (block.kind === 'geo') {
    const source = block.source ? `${quoteWord(block.source)} ` : '';
    const entries = block.entries.map(({ network, value }) => `${quoteLiteral(network)} ${quoteLiteral(value)};`);
    return { head: `geo ${source}${name}`, lines: [`default ${quoteLiteral(block.default)};`, ...entries] };
  }
  const parts = block.parts.map(({ hundredths, value }) => `${percent(hundredths)} ${quoteLiteral(value)};`);
  return { head: `split_clients ${quoteWord(block.source)} ${name}`, lines: [...parts, `* ${quoteLiteral(block.default)};`] };
}

function mapLines(block: MapBlock): readonly string[] {
  return [`default ${quoteWord(block.default)};`, ...block.entries.map((entry) => `${keyText(entry)} ${quoteWord(entry.value)};`)];
}

function keyText({ key }: MapEntry): string {
  if ('exact' in key && key.exact === '') return '""';
  if ('exact' in key) return isPlainKey(key.exact) ? key.exact : quoteKey(key.exact);
  return quotePattern(key.pattern, key.ignoreCase ? '~*' : '~');
}

/** A word that NGINX takes for itself. */
function isPlainKey(key: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(key) && !['default', 'include', 'hostnames', 'volatile'].includes(key);
}

/** NGINX reads at most two digits behind the point. */
function percent(hundredths: number): string {
  if (!Number.isInteger(hundredths) || hundredths < 1 || hundredths > 10_000) throw new Error(`${hundredths} is no share`);
  return `${(hundredths / 100).toFixed(2)}%`;
}
