import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { readOptions } from '../../src/options.ts';
import { applyManifests, manifestText, type Objects, sentinel } from './manifests.ts';

/**
 * Plays one recorded case: the program that runs in a network, mount and process namespace of its own, with everything that it starts.
 * Prints what `ask --json` prints. Arguments: the folder of recorded answers, the name of the case, a work folder, the echo backend.
 */
const [golden = '', name = '', work = '', echo = ''] = process.argv.slice(2);
const folder = join(golden, 'cases', name);
const checkout = join(import.meta.dirname, '../..');
const ages = { first: '2026-01-01T00:00:00Z', later: '2026-01-01T00:00:02Z' };
const liveWithinMs = 60_000;

/** What is applied when the first objects are live, and how long the recording waited after it, as nothing tells when it is done. */
const laterFiles = [
  // Endpoints, certificates and password files are live within a second without a reload.
  { file: 'manifests-later.yaml', pauseMs: 1_200 },
  { file: 'manifests-poison.yaml', pauseMs: 8_000 },
  { file: 'manifests-stuck.yaml', pauseMs: 10_000 },
];

function prepareNetwork(): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  for (const route of ['10.244.0.0/16', '10.96.0.0/16', 'fd00:10:244::/64'])
    execFileSync('ip', [route.includes(':') ? '-6' : '-4', 'route', 'add', 'local', route, 'dev', 'lo']);
  const nameServer = join(work, 'resolv.conf');
  writeFileSync(nameServer, 'nameserver 127.0.0.1\n');
  execFileSync('mount', ['--bind', nameServer, '/etc/resolv.conf']);
}

function start(program: string, args: readonly string[], log: string): ChildProcess {
  const out = openSync(join(work, log), 'a');
  return spawn(program, args, { stdio: ['ignore', out, out] });
}

function texts(...files: readonly string[]): readonly string[] {
  return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
}

/** The flags of the case that `serve` has; the others only make sense in a cluster, or are not there yet. */
function flags(): readonly string[] {
  const asked: readonly string[] = texts(join(folder, 'flags.yaml')).flatMap((yaml) => parse(yaml));
  const all = ['--ingress-class=nginx', '--configmap=ingress-nginx/ingress-nginx-controller', ...asked];
  const known = all.filter((flag) => readOptions(['serve', 'x', flag], {}, { out: () => {}, err: () => {} }).command === 'serve');
  writeFileSync(join(work, 'ignored-flags.json'), JSON.stringify(asked.filter((flag) => !known.includes(flag))));
  return known;
}

/** Saves all objects at once, together with an Ingress for the host. */
function save(objects: Objects, host: string): void {
  const path = join(work, 'files', 'all.yaml');
  writeFileSync(`${path}.new`, manifestText(applyManifests(objects, [sentinel(host)], ages.first)));
  renameSync(`${path}.new`, path);
}

async function waitFor(options: RequestOptions): Promise<void> {
  const deadline = Date.now() + liveWithinMs;
  while (!(await answers(options))) {
    if (Date.now() > deadline) throw new Error(`no answer within ${liveWithinMs} ms: ${JSON.stringify(options)}`);
    await sleep(50);
  }
}

function answers(options: RequestOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ path: '/__log', agent: false, ...options }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode === 200));
      answer.once('error', () => resolve(false));
    });
    asked.once('error', () => resolve(false)).end();
  });
}

function startServe(): void {
  const more = ['--log-level=debug', `--run-directory=${join(work, 'run')}`, join(work, 'files')];
  const serve = start(
    join(checkout, 'bin/gatehouse'),
    ['serve', '--http-port=80', '--https-port=443', ...flags(), ...more],
    'gatehouse.log',
  );
  serve.once('exit', (code) => {
    process.stderr.write(`gatehouse ended with ${code}\n`, () => process.exit(1));
  });
}

function liveHost(host: string): RequestOptions {
  return { host: '127.0.0.1', port: 80, headers: { host } };
}

async function serveObjects(): Promise<void> {
  const first = texts(join(golden, 'base.yaml'), join(golden, 'common.yaml'), join(folder, 'manifests.yaml'));
  let objects = applyManifests(new Map(), first, ages.first);
  save(objects, 'first.sentinel.test');
  startServe();
  await waitFor(liveHost('first.sentinel.test'));
  for (const { file, pauseMs } of laterFiles) {
    const more = texts(join(folder, file));
    if (more.length === 0) continue;
    const host = `${file.replace('.yaml', '')}.sentinel.test`;
    objects = applyManifests(objects, more, ages.later);
    save(objects, host);
    await waitFor(liveHost(host));
    await sleep(pauseMs);
  }
}

function ask(): Promise<string> {
  const asking = spawn(join(golden, 'ask'), ['--http', '80', '--https', '443', '--json', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  asking.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    asking.once('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`ask ended with ${code}`))));
  });
}

prepareNetwork();
start(echo, [], 'echo.log');
if (existsSync(join(folder, 'dns.yaml'))) start(join(golden, 'ask'), ['--dns', folder], 'dns.log');
await waitFor({ host: '10.244.0.3', port: 8080 });
await serveObjects();
const printed = await ask();
// Everything else ends with the first process of the namespace.
process.stdout.write(printed, () => process.exit(0));
