import { checkCommand } from './commands/check.ts';
import { renderCommand } from './commands/render.ts';
import { startServe } from './commands/serve.ts';
import type { ServeOptions } from './flags/serve.ts';
import { type Options, readProcessOptions } from './options.ts';
import { createLog } from './report/log.ts';

/** How long open requests may take after Ctrl-C. */
const graceMs = 1000;

const streams = {
  out: (text: string) => process.stdout.write(text),
  err: (text: string) => process.stderr.write(text),
};

async function main(options: Options): Promise<number> {
  switch (options.command) {
    case 'serve':
      return serve(options);
    case 'render':
      return renderCommand(options, streams);
    case 'check':
      return checkCommand(options, streams);
    case 'exit':
      return options.code;
  }
}

/** Serves until a signal comes; a second one does not wait for open requests. */
async function serve(options: ServeOptions): Promise<number> {
  const log = createLog({ format: options.logFormat, level: options.logLevel, write: streams.err });
  const stopped = Promise.race([once('SIGINT'), once('SIGTERM'), once('SIGHUP')]);
  const serving = await startServe(options, { log, isRoot: process.getuid?.() === 0, out: streams.out });
  log.info(`${await stopped}: ending NGINX`);
  const again = Promise.race([once('SIGINT'), once('SIGTERM')]).then(() => serving.stop(0));
  await Promise.race([serving.stop(graceMs), again]);
  return 0;
}

function once(signal: NodeJS.Signals): Promise<NodeJS.Signals> {
  return new Promise((resolve) => process.once(signal, () => resolve(signal)));
}

main(readProcessOptions()).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    streams.err(`gatehouse: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
