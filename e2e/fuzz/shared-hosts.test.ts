import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { whyNotServed } from '../kit/machine.ts';
import { send } from '../kit/sending.ts';
import { type Served, serveFiles } from '../kit/served.ts';
import { sampled } from './runs.ts';

const services = 12;
const words = ['shop', 'cart', 'a.b', 'x', 'v1', 'é', 'a b', '%'];
const element = fc.constantFrom(...words, ...words, ...words, 'Shop');
const elements = (most: number) => fc.array(element, { minLength: 1, maxLength: most }).map((list) => `/${list.join('/')}`);

interface Rule {
  readonly path: string;
  readonly pathType: string;
  readonly service: number;
}

interface Host {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly annotation: readonly [key: string, value: string] | undefined;
  readonly hasTls: boolean;
}

const rule = fc.record({
  path: fc.oneof(
    { weight: 1, arbitrary: fc.constant('/') },
    { weight: 6, arbitrary: elements(5) },
    { weight: 2, arbitrary: elements(3).map((path) => `${path}/`) },
  ),
  pathType: fc.constantFrom('Prefix', 'Prefix', 'Exact'),
  service: fc.nat({ max: services - 1 }),
});

/** Some that can be settings of a named location, and some that cannot. */
const annotation = fc.constantFrom(
  ...[undefined, undefined, undefined, undefined],
  ...([
    ['proxy-read-timeout', '7'],
    ['enable-cors', 'true'],
    ['upstream-vhost', 'inside.test'],
    ['denylist-source-range', '10.0.0.0/8'],
    ['allowlist-source-range', '10.0.0.0/8'],
    ['rewrite-target', '/new'],
    ['proxy-body-size', '3'],
    ['app-root', '/x'],
    ['custom-http-errors', '404'],
  ] as const),
);

/** More than have servers of their own where they could share. */
const hosts: readonly Host[] = sampled(fc.tuple(fc.array(rule, { minLength: 1, maxLength: 4 }), annotation, fc.boolean()), 500).map(
  ([rules, chosen, hasTls], index) => ({ name: `host-${index}.example.com`, rules, annotation: chosen, hasTls }),
);

interface Question {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly target: string;
}

const endings = ['', '', '/', '/more', 'more', '?q=/shop', '//', '/./x', '/../shop', '%0A', '%2Fx', '/Shop'];

/** A path of a rule, and something behind it. */
const question = fc
  .tuple(fc.constantFrom(...hosts), fc.nat(), fc.constantFrom(...endings), fc.boolean())
  .map(([host, which, ending, isTls]): Question => {
    const path = host.rules[which % host.rules.length]?.path ?? '/';
    const target = `${path.split('/').map(encodeURIComponent).join('/')}${ending}`;
    return { scheme: isTls ? 'https' : 'http', host: host.name, target };
  });

function manifests(logFormat: string): string {
  const meta = (name: string, annotations = {}) => ({ metadata: { name, namespace: 'default', annotations } });
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', ...meta('settings'), data: { 'log-format-upstream': logFormat } };
  const backends = Array.from({ length: services }, (_, index) => [
    { apiVersion: 'v1', kind: 'Service', ...meta(`svc-${index}`), spec: { ports: [{ port: 80, targetPort: 8080 }] } },
    {
      ...{ apiVersion: 'v1', kind: 'Endpoints', ...meta(`svc-${index}`) },
      subsets: [{ addresses: [{ ip: `127.1.0.${index + 1}` }], ports: [{ port: 8080 }] }],
    },
  ]);
  const objects = [settings, ...backends.flat(), ...hosts.map(ingress), ...hosts.filter((_, index) => index % 5 === 0).map(canary)];
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

function ingress({ name, rules, annotation: one, hasTls }: Host) {
  const paths = rules.map(({ path, pathType, service }) => ({
    path,
    pathType,
    backend: { service: { name: `svc-${service}`, port: { number: 80 } } },
  }));
  return {
    ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
    metadata: {
      name: name.split('.')[0],
      namespace: 'default',
      annotations: one ? { [`nginx.ingress.kubernetes.io/${one[0]}`]: one[1] } : {},
    },
    spec: { rules: [{ host: name, http: { paths } }], ...(hasTls && { tls: [{ hosts: [name] }] }) },
  };
}

/** Takes all requests of the host over. */
function canary(host: Host): object {
  const { metadata, ...rest } = ingress({ ...host, rules: host.rules.map((one) => ({ ...one, service: (one.service + 1) % services })) });
  const annotations = { 'nginx.ingress.kubernetes.io/canary': 'true', 'nginx.ingress.kubernetes.io/canary-weight': '100' };
  return { ...rest, metadata: { ...metadata, name: `${metadata.name}-canary`, annotations } };
}

/** What client and backend get to see. */
async function answerTo({ scheme, host, target }: Question, { ports, backends }: Served): Promise<string> {
  backends.take();
  const url = { scheme, authority: host, target };
  const reply = await send(
    { kind: 'http', method: 'POST', url, options: { headers: [['X-Request-ID', 'one']], body: 'four' } },
    ports,
    backends,
  );
  const seen = backends.take().seen.map((one) => [one.at.address, one.method, one.target, one.body, one.headers]);
  const headers = reply.headers.filter(([name]) => name !== 'Date');
  const text = JSON.stringify([scheme, host, target, reply.status, headers, seen]);
  return text.replaceAll(`"${ports.http}"`, '"HTTP"').replaceAll(`:${ports.https}`, ':HTTPS');
}

interface Answers {
  /** What clients and backends got to see, for each question. */
  readonly seen: readonly string[];
  /** The lines of the access log. */
  readonly log: readonly string[];
  readonly isShared: boolean;
}

async function answersOf(logFormat: string, questions: readonly Question[], hostsApart: number): Promise<Answers> {
  const files = new Map([['in.yaml', manifests(logFormat)]]);
  const served = await serveFiles({ files, flags: ['--configmap', 'default/settings'], hostsApart });
  try {
    const seen: string[] = [];
    for (const one of questions) seen.push(await answerTo(one, served));
    // NGINX writes its line after the client has its answer.
    for (let waited = 0; waited < 50 && (await served.accessLog()).length <= questions.length; waited += 1) await pause(20);
    return { seen, log: await served.accessLog(), isShared: (await served.config()).includes('error_page 418 = $gatehouse_route;') };
  } finally {
    await served.stop();
  }
}

const options = { skip: whyNotServed() ?? false, timeout: 90_000 };
const names = '$namespace $ingress_name $service_name $service_port $proxy_upstream_name $location_path';

test('a host that shares a server with others is answered as one that has a server of its own', options, async () => {
  const questions = sampled(question, 1200);
  const apart = await answersOf(`$request_uri $status ${names}`, questions, Number.POSITIVE_INFINITY);
  const shared = await answersOf('$request_uri $status', questions, 1);
  const named = await answersOf(`$request_uri $status ${names}`, questions, 1);
  assert.deepEqual([apart.isShared, shared.isShared, named.isShared], [false, true, true]);
  const different = (ours: readonly string[], theirs: readonly string[]) =>
    ours.flatMap((one, index) => (one === theirs[index] ? [] : [`shared ${one}\n apart ${theirs[index]}`]));
  assert.deepEqual(different(shared.seen, apart.seen), []);
  assert.deepEqual(different(named.seen, apart.seen), []);
  assert.deepEqual(different(named.log, apart.log), []);
  const statuses = new Set(shared.seen.map((one) => JSON.parse(one)[3]));
  const unseen = [200, 308, 404, 403, 413].filter((status) => !statuses.has(status));
  assert.deepEqual(unseen, []);
});
