import { setTimeout as pause } from 'node:timers/promises';
import { fileText, ingress, slices } from '../manifests.ts';
import { shuffled } from '../order.ts';
import { probe, spread, timeUntil } from '../probe.ts';
import type { Scenario, Size } from '../scenario.ts';
import { hosts, refusedHost, type Stage } from '../stage.ts';

/** Ways to get an Ingress wrong, as text of its file: what the API refuses, what means nothing, and what tries to leave its place. */
const mistakes: readonly ((name: string) => string)[] = [
  (name) => bad(name, 'Bad_Host!.faults.test', '/'),
  (name) => bad(name, `${name}.faults.test; } server { listen 1;`, '/'),
  (name) => bad(name, `${name}.faults.test`, 'no-slash'),
  (name) => bad(name, `${name}.faults.test`, '/"; } location / { return 200; #'),
  (name) => bad(name, `${name}.faults.test`, `/${'x'.repeat(5_000)}`),
  (name) => bad(name, `${'long-label'.repeat(10)}.faults.test`, '/\u0000\n$host'),
  (name) => bad(name, hosts.app, '/', 'no-such-service'),
  (name) => bad(name, '*.*.faults.test', '/%zz'),
  (name) => `${bad(name, `${name}.faults.test`, '/')}\n  : not yaml: [`,
  (name) => JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name }, spec: { rules: 'none', tls: 7 } }),
];

function bad(name: string, host: string, path: string, target = 'stable'): string {
  return fileText([ingress({ name, host, paths: { [path]: target } })]);
}

/** With a regular expression, as NGINX reads those in a process of its own before it reloads. */
function refusedByNginx(name: string): string {
  const one = ingress({ name, host: refusedHost, paths: { '/[0-9]+': 'stable' } });
  const metadata = { name, annotations: { 'nginx.ingress.kubernetes.io/use-regex': 'true' } };
  return fileText([{ ...one, metadata }]).replaceAll('Prefix', 'ImplementationSpecific');
}

const goodHost = (index: number) => `good-${index}.faults.test`;

/** Saves files one by one, in random order, until all are there; the endpoints of `app` change all the while. Resolves with the time to the last route. */
async function arrive(stage: Stage, files: readonly (readonly [string, string])[], good: number): Promise<number> {
  const stop = new AbortController();
  const moving = keepMoving(stage, stop.signal);
  try {
    for (const [index, [name, text]] of files.entries()) {
      await stage.save(name, text);
      if (index % 10 === 9) await pause(20);
    }
    let served = 0;
    return await timeUntil(
      'all good Ingresses are live',
      async () => {
        while (served < good && (await probe(stage.http, goodHost(served))).status === 200) served += 1;
        return served === good;
      },
      30_000,
    );
  } finally {
    stop.abort();
    await moving;
  }
}

/** New endpoints twice a second; checks that they are used, and says how long that took. */
async function keepMoving(stage: Stage, signal: AbortSignal): Promise<void> {
  const times: number[] = [];
  while (!signal.aborted) {
    const fresh = await stage.open('app', 3);
    await stage.save('endpoints-app', slices('app', fresh, stage.backendPort));
    times.push(await timeUntil('new endpoints are used', async () => fresh.includes((await probe(stage.http, hosts.app)).address)));
    await pause(200);
  }
  moved = times;
}

let moved: readonly number[] = [];

async function clear(stage: Stage, files: readonly (readonly [string, string])[]): Promise<void> {
  for (const [name] of files) await stage.remove(name);
  await timeUntil('they are gone', async () => (await probe(stage.http, goodHost(0))).status === 404, 20_000);
  await pause(500);
}

async function badAmongGood(stage: Stage, { random }: Size): Promise<readonly string[]> {
  const good = Array.from({ length: 500 }, (_, index) => {
    const name = `good-${index}`;
    return [name, fileText([ingress({ name, host: goodHost(index), paths: { '/': 'stable' } })])] as const;
  });
  const wrong = Array.from({ length: 50 }, (_, index) => {
    const name = `bad-${index}`;
    const text = index === 0 ? refusedByNginx(name) : mistakes[index % mistakes.length]?.(name);
    return [name, text ?? ''] as const;
  });
  const alone = await arrive(stage, good, good.length);
  await clear(stage, good);
  const from = stage.controller.log.length;
  const mixed = shuffled([...good, ...wrong], random);
  const withBad = await arrive(stage, mixed, good.length);
  const endpoints = `endpoints meanwhile: ${spread(moved)}`;
  const complaints = stage.controller.log.slice(from).filter(({ msg, level }) => level >= 40 && /bad-\d/.test(msg)).length;
  const { msg } = await stage.controller.line(/NGINX refuses what this Ingress leads to/, from);
  await clear(stage, mixed);
  if (!msg.includes('default/bad-0:')) throw new Error(`another Ingress is blamed: ${msg}`);
  if (complaints < wrong.length) throw new Error(`only ${complaints} complaints about ${wrong.length} bad Ingresses`);
  // What NGINX refuses costs another test of the whole configuration, and mistakes are many more files to read.
  const limit = 1.5 * alone + 2_500;
  if (withBad > limit) throw new Error(`the good ones took ${withBad} ms, far more than the usual ${alone} ms`);
  return [`live after the last save: 500 alone ${alone} ms, with 50 bad ones ${withBad} ms`, endpoints, `${complaints} complaints`];
}

export const objectScenarios: readonly Scenario[] = [
  { name: '50 invalid Ingresses among 500 valid ones in random order, while endpoints change', act: badAmongGood },
];
