import { setTimeout } from 'node:timers/promises';
import type { RunOptions } from './flags/run.ts';
import type { ServeOptions } from './flags/serve.ts';
import { type Options, readProcessOptions, version } from './options.ts';
import { createLog } from './report/log.ts';
import { watchUncaught } from './uncaught.ts';

/** How long open requests may take after Ctrl-C. */
const graceMs = 1000;

/** How long open requests may take when a controller with its own NGINX ends. */
const drainLimitMs = 240_000;

const streams = {
  out: (text: string) => process.stdout.write(text),
  err: (text: string) => process.stderr.write(text),
};

/** Each command loads what it needs, and not what another one does. */
async function main(options: Options): Promise<number> {
  switch (options.command) {
    case 'serve':
      return serve(options);
    case 'run':
      return run(options);
    case 'render':
      return (await import('./commands/render.ts')).renderCommand(options, streams);
    case 'check':
      return (await import('./commands/check.ts')).checkCommand(options, streams);
    case 'withdraw':
      return (await import('./commands/withdraw.ts')).startWithdrawal(options, { version, write: streams.out });
    case 'exit':
      return options.code;
  }
}

/** Serves until a signal comes; a second one does not wait for open requests. */
async function serve(options: ServeOptions): Promise<number> {
  const { startServe } = await import('./commands/serve.ts');
  const log = createLog({ format: options.logFormat, level: options.logLevel, write: streams.err });
  const stopped = Promise.race([once('SIGINT'), once('SIGTERM'), once('SIGHUP')]);
  const serving = await startServe(options, { log, isRoot: process.getuid?.() === 0, out: streams.out });
  log.info(`${await stopped}: ending NGINX`);
  const again = Promise.race([once('SIGINT'), once('SIGTERM')]).then(() => serving.stop(0));
  await Promise.race([serving.stop(graceMs), again]);
  return 0;
}

/** Runs the controller until it is told to end: first it is not ready for a while, then NGINX finishes its requests. */
async function run(options: RunOptions): Promise<number> {
  const { startRun } = await import('./commands/run.ts');
  const log = createLog({ format: options.logFormat, level: options.logLevel, write: streams.out });
  const stopped = Promise.race([once('SIGINT'), once('SIGTERM')]);
  const running = await startRun(options, { log, isRoot: process.getuid?.() === 0, version });
  log.info(`${await stopped}: ending`);
  await running.drain();
  await setTimeout(options.shutdownGraceMs);
  await running.stop(drainLimitMs);
  return 0;
}

function once(signal: NodeJS.Signals): Promise<NodeJS.Signals> {
  return new Promise((resolve) => process.once(signal, () => resolve(signal)));
}

/** Who reads the log may go away, as a collector that is restarted: what is written then is lost, and nothing else. */
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const uncaught = watchUncaught({ write: streams.err });

main(readProcessOptions()).then(
  (code) => {
    uncaught.finished();
    process.exitCode = code;
  },
  (error: unknown) => {
    uncaught.finished();
    streams.err(`gatehouse: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
