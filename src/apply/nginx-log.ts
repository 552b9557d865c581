/** The levels of NGINX's error log, worst first (https://nginx.org/en/docs/ngx_core_module.html#error_log). */
export const nginxLevels = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'] as const;
export type NginxLevel = (typeof nginxLevels)[number];

/** One line of NGINX's error log. */
export interface NginxLine {
  readonly level: NginxLevel;
  /** Without time, level and process. */
  readonly text: string;
  /** The process that wrote it; absent before NGINX has opened its log. */
  readonly pid?: number;
}

/** What NGINX complains about, and where, when it names a place. */
export interface NginxComplaint {
  readonly message: string;
  /** An absolute path. */
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
}

const written = /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d|nginx:) \[(\w+)\] (?:(\d+)#\d+: )?(.*)$/;
const placed = /^(.*) in (\/.*):(\d+)$/;

/** Reads one line of the error log; text of another form, such as the dynamic loader's, counts as an error. */
export function parseNginxLine(line: string): NginxLine {
  const match = written.exec(line);
  const level = nginxLevels.find((known) => known === match?.[1]);
  if (!match || !level) return { level: 'error', text: line };
  const pid = match[2] === undefined ? {} : { pid: Number(match[2]) };
  return { level, text: match[3] ?? '', ...pid };
}

/** Takes the place off a message of the configuration parser, which ends in `in PATH:LINE`. */
export function parseComplaint(text: string): NginxComplaint {
  const match = placed.exec(text);
  if (!match) return { message: text };
  return { message: match[1] ?? '', file: match[2] ?? '', line: Number(match[3]) };
}

/** The complaint that explains a failed run best: the first `emerg`, or the worst line there is. */
export function worstComplaint(lines: readonly NginxLine[]): NginxComplaint | undefined {
  const ranked = nginxLevels.map((level) => lines.find((line) => line.level === level && line.text !== ''));
  const worst = ranked.find((line) => line !== undefined);
  return worst && parseComplaint(worst.text);
}
