import type { ConfigKey } from '../annotations/define.ts';
import { accepted, listOf, type Parsed, type Parser, refused } from '../annotations/parsers.ts';
import { checkPattern } from '../annotations/parsers-http.ts';
import type { MapEntry } from '../model/http-block.ts';
import type { LogSettings } from '../model/overrides.ts';
import type { GroupContext } from './define.ts';

/**
 * Whether access lines are written. A ConfigMap may not name files: NGINX would write to whatever its account can write, and one that it
 * cannot open would stop every change. The log file of ingress-nginx's image is a link to standard output.
 */
export const destination: Parser<'installed' | 'off'> = (text) => {
  if (text === '/dev/stdout' || text === '/var/log/nginx/access.log') return accepted('installed');
  if (text === '/dev/null') return accepted('off');
  return refused('write /dev/stdout or /dev/null; another place is named with --access-log, where the controller is started');
};

/** What the logs of requests and of TCP and UDP ports share. */
export const accessLogPath: ConfigKey<'installed' | 'off' | undefined> = { key: 'access-log-path', default: undefined };
export const accessLogParams: ConfigKey<readonly string[]> = { key: 'access-log-params', default: [] };
export const disableAccessLog: ConfigKey<boolean> = { key: 'disable-access-log', default: false };
export const escapeJson: ConfigKey<boolean> = { key: 'log-format-escape-json', default: false };
export const escapeNone: ConfigKey<boolean> = { key: 'log-format-escape-none', default: false };

/** What a log has of its own. */
interface OwnLog {
  readonly disabled: boolean;
  readonly path: 'installed' | 'off' | undefined;
  readonly format: LogSettings['format'];
  readonly syslog?: `syslog:${string}` | undefined;
}

/** Puts together what a log shares and what is its own; that one wins. */
export function logSettings({ config }: GroupContext, { disabled, path, format, syslog }: OwnLog): LogSettings {
  const isOff = disabled || config(disableAccessLog);
  const to = isOff || (syslog === undefined && (path ?? config(accessLogPath)) === 'off') ? 'off' : syslog;
  const escaping = config(escapeNone) ? 'none' : config(escapeJson) ? 'json' : undefined;
  return {
    parameters: syslog === undefined ? config(accessLogParams) : [],
    ...(to === undefined ? {} : { to }),
    ...(escaping === undefined ? {} : { escape: escaping }),
    ...(format === undefined ? {} : { format }),
  };
}

const one: Parser<string> = (text) => {
  if (/^buffer=[1-9]\d{0,3}[km]$/.test(text) && bytesOf(text) <= 64 * 1024 ** 2) return accepted(text);
  if (/^flush=[1-9]\d{0,5}(?:ms|[smhd])?$/.test(text) || /^gzip(?:=[1-9])?$/.test(text)) return accepted(text);
  return refused('write buffer=32k, gzip, gzip=4 or flush=10s');
};

function bytesOf(text: string): number {
  return Number.parseInt(text.slice('buffer='.length), 10) * (text.endsWith('m') ? 1024 ** 2 : 1024);
}

/** How access lines are collected before they are written: arguments of `access_log`. */
export const parameters: Parser<readonly string[]> = (text) => {
  const parsed = listOf(one, /[\s,]+/)(text);
  if (!parsed.ok) return parsed;
  const names = parsed.value.map((each) => each.replace(/=.*/, ''));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return refused(`${twice} is there twice`);
  return names.length === 1 && names[0] === 'flush' ? refused('flush needs buffer beside it') : parsed;
};

/** Targets of requests, with their query: a whole one, or a regular expression after `~` or `~*`. */
export const skippedTargets: Parser<readonly MapEntry[]> = (text) => {
  const parsed = listOf(target)(text);
  if (!parsed.ok) return parsed;
  // NGINX refuses a map that has a key twice, and compares keys without regard to case.
  const byKey = new Map(parsed.value.map((entry) => ['exact' in entry.key ? entry.key.exact.toLowerCase() : entry, entry]));
  return accepted([...byKey.values()]);
};

function target(text: string): Parsed<MapEntry> {
  const value = { text: '0' };
  if (text.startsWith('~')) {
    const ignoreCase = text.startsWith('~*');
    const pattern = checkPattern(text.slice(ignoreCase ? 2 : 1));
    return pattern.ok ? accepted({ key: { pattern: pattern.value, ignoreCase }, value }) : pattern;
  }
  const isTarget = /^\/[!-~]*$/.test(text) && text.length <= 256;
  return isTarget ? accepted({ key: { exact: text }, value }) : refused('write a path such as /healthz, or ~ and a regular expression');
}
