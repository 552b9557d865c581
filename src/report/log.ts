import { type Logger, pino } from 'pino';

/** Writes log lines: a sentence, and fields that a program can read. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export interface LogOptions {
  readonly format: 'text' | 'json';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Takes whole lines, newline included. */
  readonly write: (line: string) => void;
}

/** Makes the one logger of a process. `text` is for a person at a terminal, `json` for collectors. */
export function createLog(options: LogOptions): Log {
  const write = options.format === 'json' ? options.write : (line: string) => options.write(textLine(line));
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
}

const levels: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'warn ', 50: 'error' };

/** `12:00:00.000 info  message key=value`: the time is local, as the reader sits beside the process. */
function textLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown> & { level: number; time: string; msg?: string };
  const clock = new Date(time).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`,
  );
  return `${[clock, levels[level] ?? String(level), msg ?? '', ...rest].join(' ')}\n`;
}

function quoted(value: string): string {
  return /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}
