import { type Command, Option } from 'commander';
import { accepted, type Flag, text } from './flag-forms.ts';
import { alwaysTrue, positive } from './values.ts';

/** What a command takes that runs NGINX and writes a log. */
export interface ProcessFlags {
  readonly nginx: string;
  readonly runDirectory: string;
  readonly workerProcesses: number;
  readonly accessLog: string;
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** What differs between a laptop and a Pod. */
type ProcessDefaults = Pick<ProcessFlags, 'workerProcesses' | 'accessLog' | 'logFormat'>;

/** Their declarations, without the two that the environment has a say in. */
export function processFlags({ workerProcesses, accessLog, logFormat }: ProcessDefaults): readonly Flag[] {
  const levels = ['debug', 'info', 'warn', 'error'];
  return [
    () => new Option('--worker-processes <number>', 'worker processes of NGINX').default(workerProcesses).argParser(positive),
    text('access-log', 'file for access lines, or off', accessLog),
    () => new Option('--log-format <format>', 'how log lines look').choices(['text', 'json']).default(logFormat),
    () => new Option('--log-level <level>', 'the least important lines to print').choices(levels).default('info'),
  ];
}

/** Adds the program, and the run directory with what it is for. */
export function withProgram(
  command: Command,
  environment: NodeJS.ProcessEnv,
  directory: readonly [text: string, fallback?: string],
): Command {
  return command
    .option('--nginx <program>', 'the NGINX to run (1.30 or newer)', environment['NGINX'] ?? 'nginx')
    .option('--run-directory <dir>', ...directory);
}

/** `-v` of ingress-nginx stands beside our own `--log-level`: from 3 on it logs what it decides. */
export function logLevel(values: { readonly v?: string; readonly logLevel: ProcessFlags['logLevel'] }): ProcessFlags['logLevel'] {
  return values.v !== undefined && Number(values.v) >= 3 ? 'debug' : values.logLevel;
}

/** Flags of ingress-nginx that ask for what Gatehouse always does: old command lines go on working, with every command. */
export const acceptedFlags: readonly Flag[] = [
  () => new Option('-v, --v <level>', 'how much to log: 3 and more is debug').hideHelp(),
  () => new Option('--enable-annotation-validation [bool]').hideHelp().argParser(alwaysTrue),
  ...['post-shutdown-grace-period', 'health-check-timeout', 'deep-inspect'].map(accepted),
  ...['disable-sync-events', 'sync-rate-limit', 'metrics-per-host', 'logtostderr', 'stderrthreshold', 'alsologtostderr'].map(accepted),
];
