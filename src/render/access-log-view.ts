import type { Word } from '../model/directive.ts';
import type { AccessLog, LogSettings } from '../model/overrides.ts';
import type { NginxSettings } from '../model/settings.ts';
import { quoteLiteral, quoteWord } from './quote.ts';

/** The log of requests: text of nginx.conf. */
export interface AccessLogView {
  /** Where it goes, and what stands in it. */
  readonly lines: readonly string[];
  /** What stands in a location for hosts that no rule names. */
  readonly unmatched: readonly string[];
}

/** That of ingress-nginx, with the upstream as NGINX knows it. */
const usual = [
  `'$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '`,
  `'$request_length $request_time [$proxy_host] [] $upstream_addr $upstream_response_length $upstream_response_time '`,
  `'$upstream_status $gatehouse_request_id'`,
];

/** That of ingress-nginx for TCP and UDP ports. */
const usualOfStreams = [`'[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time'`];

/** Where the settings of the ConfigMap say nothing, the installation decides. */
export function accessLogView(settings: NginxSettings, log: AccessLog | undefined): AccessLogView {
  const condition = log?.condition === undefined ? [] : [`if=${quoteWord({ variable: log.condition })}`];
  return {
    lines: logLines(settings, log, { name: 'upstreaminfo', usual, more: condition }),
    unmatched: placeOf(settings, log) === 'off' || log?.unmatched !== false ? [] : ['access_log off;'],
  };
}

/** The log of TCP and UDP ports. */
export function streamLogLines(settings: NginxSettings, log: LogSettings | undefined): readonly string[] {
  return logLines(settings, log, { name: 'log_stream', usual: usualOfStreams, more: [] });
}

/** A format of NGINX. */
interface Format {
  readonly name: string;
  /** What it is unless the settings say otherwise. */
  readonly usual: readonly string[];
  /** The last arguments of `access_log`. */
  readonly more: readonly string[];
}

function logLines(settings: NginxSettings, log: LogSettings | undefined, { name, usual: texts, more }: Format): readonly string[] {
  const to = placeOf(settings, log);
  const target = to === 'off' ? 'off' : [quoteWord({ text: to }), name, ...(log?.parameters ?? []).map(quoteLiteral), ...more].join(' ');
  return [...formatLines(name, log?.escape, log?.format ? pieces(log.format) : texts), `access_log ${target};`];
}

function placeOf(settings: NginxSettings, log: LogSettings | undefined): string {
  return log?.to ?? settings.accessLog;
}

/** `log_format`, with what belongs to it below. */
function formatLines(name: string, escaping: string | undefined, texts: readonly string[]): readonly string[] {
  const [first, ...rest] = texts;
  const head = `log_format ${name}${escaping === undefined ? '' : ` escape=${escaping}`}`;
  const lines = [`${head} ${first}`, ...rest.map((text) => `${' '.repeat(head.length + 1)}${text}`)];
  return lines.map((line, index) => (index === lines.length - 1 ? `${line};` : line));
}

/** About how many characters a piece of a format may have, so that lines stay readable and no token gets too long for NGINX. */
const pieceLength = 100;

function pieces(words: readonly Word[]): readonly string[] {
  const found: Word[][] = [[]];
  let length = 0;
  for (const word of words.flatMap(shortWords)) {
    if (length > pieceLength) {
      found.push([]);
      length = 0;
    }
    found.at(-1)?.push(word);
    length += 'text' in word ? word.text.length : 20;
  }
  return found.map((parts) => quoteWord({ parts }));
}

/** A text of any length as several; never within a character. */
function shortWords(word: Word): readonly Word[] {
  if (!('text' in word)) return [word];
  const characters = [...word.text];
  const count = Math.ceil(characters.length / pieceLength);
  return Array.from({ length: count }, (_, index) => ({
    text: characters.slice(index * pieceLength, (index + 1) * pieceLength).join(''),
  }));
}
