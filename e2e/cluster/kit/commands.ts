import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Runs a program to its end and gives back what it printed; rejects with what it complained about. */
export async function run(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code === 0) return out;
  throw new Error(`${program} ${args.join(' ')} ended with code ${code}: ${errors || out}`);
}

/** Runs kubectl with words that contain no white space: `kubectl('get pods -A')`; further arguments may. */
export function kubectl(words: string, ...more: readonly string[]): Promise<string> {
  return run('kubectl', [...words.split(' '), ...more]);
}

/** What kubectl finds, read from its JSON. */
export async function getJson<T>(words: string): Promise<T> {
  return JSON.parse(await kubectl(`get ${words} -o json`)) as T;
}

/** Makes or changes objects. */
export async function apply(...objects: readonly object[]): Promise<void> {
  await run('kubectl', ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
}

/** Follows objects: calls back with each line that `kubectl get --watch` prints. Ends when the child is killed. */
export function watch(words: string, onLine: (line: string) => void): ChildProcess {
  const child = spawn('kubectl', ['get', ...words.split(' '), '--watch'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  return child;
}

/** Runs helm. */
export function helm(args: readonly string[], values: object = {}): Promise<string> {
  return run('helm', args, JSON.stringify(values));
}
