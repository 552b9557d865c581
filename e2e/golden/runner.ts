import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { nginxProgram } from '../../src/apply/nginx-testbed.ts';
import { type Difference, parseDifference } from './differences.ts';

/** Our answers to the requests of one recorded case, beside the recorded ones. */
export interface CaseResult {
  readonly name: string;
  readonly requests: readonly string[];
  readonly differences: readonly Difference[];
  /** Flags of the recorded controller that `gatehouse serve` does not have. */
  readonly ignoredFlags: readonly string[];
  /** Why the case could not be played, with the end of the log of `gatehouse serve`. */
  readonly failure?: string;
}

/** Why the recorded answers cannot be asked for on this machine; undefined when they can. */
export function whyNotAsked(folder: string | undefined): string | undefined {
  if (folder === undefined) return 'GATEHOUSE_GOLDEN does not name the folder of the recorded answers';
  const missingFile = ['ask', 'base.yaml', 'common.yaml', 'cases', 'echo'].find((name) => !existsSync(join(folder, name)));
  if (missingFile) return `GATEHOUSE_GOLDEN: ${folder} has no ${missingFile}`;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux';
  if (nginxProgram(process.env['NGINX']) === undefined) return 'there is no NGINX: run `make install`, or name one in NGINX';
  const missing = ['go', 'curl', 'openssl', 'unshare', 'ip', 'python3'].find((program) => !isThere('which', [program]));
  if (missing) return `${missing} is not installed`;
  return isThere('python3', ['-c', 'import yaml']) ? undefined : 'python3 has no PyYAML';
}

function isThere(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Installs PyYAML where only that is missing and root may do it with apt-get; returns whether it did. */
export function installPyYaml(): boolean {
  if (process.getuid?.() !== 0 || !isThere('which', ['apt-get']) || isThere('python3', ['-c', 'import yaml'])) return false;
  execFileSync('apt-get', ['install', '--yes', '--quiet', 'python3-yaml'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return true;
}

/** The names of the recorded cases. */
export function caseNames(folder: string): readonly string[] {
  return readdirSync(join(folder, 'cases')).sort();
}

export interface RunOptions {
  readonly folder: string;
  readonly cases: readonly string[];
  /** How many cases run beside each other. */
  readonly parallel: number;
  readonly onCase: (result: CaseResult) => void;
}

/** Puts the requests of the cases to Gatehouse, each case to one that starts anew in a network of its own. */
export async function runCases(options: RunOptions): Promise<readonly CaseResult[]> {
  const echo = buildEcho(join(options.folder, 'echo'));
  const waiting = [...options.cases];
  const results: CaseResult[] = [];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const result = await runCase(options.folder, name, echo);
      results.push(result);
      options.onCase(result);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, worker));
  return results.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The backend is built once for each version of its source. */
function buildEcho(source: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(source).sort()) hash.update(readFileSync(join(source, name)));
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatehouse');
  const program = join(cache, `echo-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  execFileSync('go', ['build', '-o', `${program}.${process.pid}`, '.'], { cwd: source, stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(`${program}.${process.pid}`, program);
  return program;
}

async function runCase(folder: string, name: string, echo: string): Promise<CaseResult> {
  const work = mkdtempSync(join(tmpdir(), 'gatehouse-golden-'));
  const remove = () => rmSync(work, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  mkdirSync(join(work, 'files'));
  const requests = Object.keys(JSON.parse(readFileSync(join(folder, 'cases', name, 'golden.json'), 'utf8')).answers);
  try {
    const { results } = JSON.parse(await play([folder, name, work, echo]));
    const lines: readonly string[] = results[0].differences;
    const ignoredFlags = JSON.parse(readFileSync(join(work, 'ignored-flags.json'), 'utf8'));
    return { name, requests, differences: lines.flatMap((line) => parseDifference(line, requests)), ignoredFlags };
  } catch (error) {
    const failure = `${error instanceof Error ? error.message : error}\n${tail(join(work, 'gatehouse.log'))}`;
    return { name, requests, differences: [], ignoredFlags: [], failure };
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** What the case starts ends with its process namespace, whatever happens. */
async function play(args: readonly string[]): Promise<string> {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const stage = spawn('unshare', [...namespaces, process.execPath, join(import.meta.dirname, 'stage.ts'), ...args]);
  const end = () => stage.kill('SIGKILL');
  process.prependOnceListener('exit', end);
  const [out, err] = [collect(stage.stdout), collect(stage.stderr)];
  const code = await closed(stage);
  process.off('exit', end);
  if (code !== 0) throw new Error(`the case could not be played (${code}): ${err()}`);
  return out();
}

function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return () => text;
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-30).join('\n') : 'gatehouse has not been started';
}
