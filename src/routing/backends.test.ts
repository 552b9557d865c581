import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend, KubeObject } from '../model/objects.ts';
import { refText } from '../model/objects.ts';
import type { Upstream } from '../model/routing.ts';
import type { EndpointSource } from '../model/runtime.ts';
import { build, complaints, endpoint, ingress, path, port, routes, rule, service, slice, to } from './objects-testbed.ts';
import type { RoutingOptions } from './options.ts';

interface Row {
  readonly title: string;
  readonly objects: readonly KubeObject[];
  readonly backend?: Backend;
  readonly options?: Partial<RoutingOptions>;
  readonly annotations?: Record<string, string>;
  /** How NGINX asks and what it gets; absent: 503. */
  readonly upstream?: string;
  readonly complaint?: string;
}

const direct = { 'nginx.ingress.kubernetes.io/service-upstream': 'true' };
const where = 'Ingress default/web spec.rules[0].http.paths[0].backend';
const named = (targetPort: number | string) => [port(80, { name: 'http', targetPort }), port(9090, { name: 'metrics' })];
const external = (more: Partial<Parameters<typeof service>[1]> = {}) =>
  service('web', { type: 'ExternalName', externalName: 'db.example.com', ports: [], hasSelector: false, ...more });

const rows: readonly Row[] = [
  {
    title: 'a Service port is found by its number',
    objects: [service('web', { ports: [port(80, { targetPort: 8080 })] }), slice('web', ['10.0.0.1'], '8080')],
    upstream: 'web:80 A 8080: 10.0.0.1 8080',
  },
  {
    title: 'a Service port is found by its name',
    objects: [service('web', { ports: named(8080) }), slice('web', ['10.0.0.1'], 'http=8080', 'metrics=9090')],
    backend: to('web', 'metrics'),
    upstream: 'web:9090 A 9090: 10.0.0.1 9090',
  },
  {
    title: 'of TCP and UDP with one number the TCP port is taken',
    objects: [
      service('web', {
        ports: [port(53, { name: 'udp', protocol: 'UDP', targetPort: 5353 }), port(53, { name: 'tcp', targetPort: 5354 })],
      }),
      slice('web', ['10.0.0.1'], 'tcp=5354'),
    ],
    backend: to('web', 53),
    upstream: 'web:53 A 5354: 10.0.0.1 5354',
  },
  {
    title: 'a UDP port alone is no port',
    objects: [service('web', { ports: [port(53, { name: 'dns', protocol: 'UDP' })] }), slice('web', ['10.0.0.1'])],
    backend: to('web', 53),
    complaint: `error ServicePortMissing ${where}.service.port: Service default/web has no TCP port 53: it has 53 (dns) UDP; these paths answer 503.`,
  },
  {
    title: 'a named targetPort leads to the number of each pod, which needs records with a port',
    objects: [
      service('web', { ports: named('web') }),
      slice('web#1', ['10.0.0.1'], 'http=8080'),
      slice('web#2', ['10.0.0.2'], 'http=3000'),
    ],
    upstream: 'web:80 SRV: 10.0.0.1 8080, 10.0.0.2 3000',
  },
  {
    title: 'a headless Service is like any other',
    objects: [service('web', { clusterIP: 'None', ports: [port(80, { targetPort: 8080 })] }), slice('web', ['10.0.0.1'], '8080')],
    upstream: 'web:80 A 8080: 10.0.0.1 8080',
  },
  {
    title: 'a headless Service without ports has no port that could be named',
    objects: [service('web', { clusterIP: 'None', ports: [] }), slice('web', ['10.0.0.1'], '80')],
    complaint: `error ServicePortMissing ${where}.service.port: Service default/web has no TCP port 80: it has no ports; these paths answer 503.`,
  },
  {
    title: 'NodePort and LoadBalancer are like ClusterIP',
    objects: [service('web', { type: 'LoadBalancer' }), slice('web', ['10.0.0.1'])],
    upstream: 'web:80 A 80: 10.0.0.1 80',
  },
  {
    title: 'an ExternalName takes the port number of the rule',
    objects: [external()],
    upstream: 'web:80 A 80 IPv6: name db.example.com 80',
  },
  {
    title: 'an ExternalName with ports takes the number of the rule even where it is not listed',
    objects: [external({ ports: [port(5432, { name: 'db' })] })],
    upstream: 'web:80 A 80 IPv6: name db.example.com 80',
  },
  {
    title: 'an ExternalName takes a port by name where it is listed',
    objects: [external({ ports: [port(5432, { name: 'db', targetPort: 9 })] })],
    backend: to('web', 'db'),
    upstream: 'web:5432 A 5432 IPv6: name db.example.com 5432',
  },
  {
    title: 'an ExternalName does not know a port by name that is not listed',
    objects: [external()],
    backend: to('web', 'db'),
    complaint: `error ServicePortMissing ${where}.service.port: Service default/web has no TCP port db: it has no ports; these paths answer 503.`,
  },
  {
    title: 'a Service without selector has the endpoints that its owner writes, each with its own port',
    objects: [service('web', { hasSelector: false, ports: [port(8080, { targetPort: 8000 })] }), slice('web', ['192.0.2.1'], '8000')],
    backend: to('web', 8080),
    upstream: 'web:8080 SRV: 192.0.2.1 8000',
  },
  {
    title: 'endpoints written by hand for a Service with a selector may have another port',
    objects: [service('web'), slice('web', ['10.0.0.1'], '8080')],
    upstream: 'web:80 SRV: 10.0.0.1 8080',
  },
  {
    title: 'sessionAffinity ClientIP hashes by client and gives each endpoint a name',
    objects: [service('web', { sessionAffinity: 'ClientIP' }), slice('web', ['10.0.0.1'])],
    upstream: 'web:80 SRV client_ip: 10.0.0.1 80',
  },
  {
    title: 'IPv6 endpoints are asked for',
    objects: [service('web', { ipFamilies: ['IPv6'] }), slice('web', ['2001:db8::1'])],
    upstream: 'web:80 A 80 IPv6: 2001:db8::1 80',
  },
  {
    title: 'a missing Service is 503',
    objects: [service('other/web')],
    complaint: `error ServiceMissing ${where}.service.name: there is no Service default/web, so these paths answer 503. Create it, or correct the name.`,
  },
  {
    title: 'a missing port is 503, and the message lists those that exist',
    objects: [service('web', { ports: named(8080) })],
    backend: to('web', 81),
    complaint: `error ServicePortMissing ${where}.service.port: Service default/web has no TCP port 81: it has 80 (http) TCP, 9090 (metrics) TCP; these paths answer 503.`,
  },
  {
    title: 'the number of the targetPort is served as meant, with a warning',
    objects: [service('web', { ports: [port(80, { targetPort: 8080 })] }), slice('web', ['10.0.0.1'], '8080')],
    backend: to('web', 8080),
    upstream: 'web:80 A 8080: 10.0.0.1 8080',
    complaint: `warning ServicePortIsTargetPort ${where}.service.port: 8080 is the targetPort of the Service; an Ingress names the Service's own port, which is 80. It is served as meant.`,
  },
  {
    title: 'the name of the targetPort is served as meant, with a warning',
    objects: [service('web', { ports: named('web') }), slice('web', ['10.0.0.1'], 'http=8080')],
    backend: to('web', 'web'),
    upstream: 'web:80 SRV: 10.0.0.1 8080',
    complaint: `warning ServicePortIsTargetPort ${where}.service.port: web is the targetPort of the Service; an Ingress names the Service's own port, which is 80. It is served as meant.`,
  },
  {
    title: 'a port of its own counts before the targetPort of another',
    objects: [
      service('web', { ports: [port(80, { name: 'a', targetPort: 8080 }), port(8080, { name: 'b', targetPort: 9 })] }),
      slice('web', ['10.0.0.1'], 'b=9'),
    ],
    backend: to('web', 8080),
    upstream: 'web:8080 A 9: 10.0.0.1 9',
  },
  {
    title: 'without any endpoint object the upstream stands and waits, with a warning',
    objects: [service('web', { ports: [port(80, { targetPort: 8080 })] })],
    upstream: 'web:80 A 8080: ',
    complaint: `warning ServiceWithoutEndpoints ${where}.service: Service default/web has no ready endpoint for port 80 (no EndpointSlice or Endpoints object belongs to it); these paths answer 503 until one appears.`,
  },
  {
    title: 'endpoints that are not ready lead to the same upstream, with a warning',
    objects: [service('web'), slice('web', [endpoint('10.0.0.1', { ready: false, serving: false })])],
    upstream: 'web:80 A 80: ',
    complaint: `warning ServiceWithoutEndpoints ${where}.service: Service default/web has no ready endpoint for port 80; these paths answer 503 until one appears.`,
  },
  {
    title: 'endpoints whose port has another name are explained',
    objects: [service('web', { ports: [port(80, { name: 'http', targetPort: 'web' })] }), slice('web', ['10.0.0.1'], 'web=80', 'admin=81')],
    upstream: 'web:80 SRV: ',
    complaint: `warning ServiceWithoutEndpoints ${where}.service: Service default/web has no ready endpoint for port 80 (its endpoints name their ports "admin", "web", the Service names this one "http"); these paths answer 503 until one appears.`,
  },
  {
    title: 'a check of manifests alone trusts a selector to find endpoints',
    objects: [service('web')],
    options: { assumeEndpoints: true },
    upstream: 'web:80 A 80: ',
  },
  {
    title: 'a check of manifests alone does not trust a Service without selector',
    objects: [service('web', { hasSelector: false })],
    options: { assumeEndpoints: true },
    upstream: 'web:80 SRV: ',
    complaint: `warning ServiceWithoutEndpoints ${where}.service: Service default/web has no ready endpoint for port 80 (no EndpointSlice or Endpoints object belongs to it); these paths answer 503 until one appears.`,
  },
  {
    title: 'a stand-in answers for a Service without endpoints',
    objects: [service('web')],
    options: { echo: true },
    upstream: 'web:80 SRV: stand-in for Service default/web 80',
  },
  {
    title: 'a stand-in steps back for real endpoints, and NGINX asks in the same way',
    objects: [service('web'), slice('web', ['10.0.0.1'])],
    options: { echo: true },
    upstream: 'web:80 SRV: 10.0.0.1 80',
  },
  {
    title: 'a stand-in does not hide a missing Service',
    objects: [],
    options: { echo: true },
    complaint: `error ServiceMissing ${where}.service.name: there is no Service default/web, so these paths answer 503. Create it, or correct the name.`,
  },
  {
    title: '--backend replaces the endpoints of a Service',
    objects: [service('web'), slice('web', ['10.0.0.1'])],
    options: { backends: new Map([['default/web', { address: '127.0.0.1', port: 3000 }]]) },
    upstream: 'web:80 SRV: 127.0.0.1 3000',
  },
  {
    title: '--backend stands for a Service that does not exist, with an IPv6 address too',
    objects: [],
    options: { backends: new Map([['default/web', { address: '::1', port: 3000 }]]) },
    upstream: 'web:80 SRV IPv6: ::1 3000',
  },
  {
    title: '--backend for one port leaves the others alone',
    objects: [service('web'), slice('web', ['10.0.0.1'])],
    options: { backends: new Map([['default/web:81', { address: '127.0.0.1', port: 3000 }]]) },
    upstream: 'web:80 A 80: 10.0.0.1 80',
  },
  {
    title: '--backend of one port counts before that of the whole Service',
    objects: [service('web')],
    options: {
      backends: new Map([
        ['default/web', { address: '127.0.0.1', port: 1 }],
        ['default/web:80', { address: '127.0.0.1', port: 2 }],
      ]),
    },
    upstream: 'web:80 SRV: 127.0.0.1 2',
  },
  {
    title: '--backend by number also counts for a rule that names the port',
    objects: [service('web', { ports: named(8080) })],
    backend: to('web', 'http'),
    options: { backends: new Map([['default/web:80', { address: '127.0.0.1', port: 3000 }]]) },
    upstream: 'web:80 SRV: 127.0.0.1 3000',
  },
  {
    title: '--backend by name also counts for a rule that gives the number',
    objects: [service('web', { ports: named(8080) })],
    options: { backends: new Map([['default/web:http', { address: '127.0.0.1', port: 3000 }]]) },
    upstream: 'web:80 SRV: 127.0.0.1 3000',
  },
  {
    title: 'service-upstream goes to the cluster IP, and nobody looks for endpoints',
    objects: [service('web', { ports: [port(80, { targetPort: 8080 })] })],
    annotations: direct,
    upstream: 'web:80 A 80: 10.96.0.1 80',
  },
  {
    title: 'service-upstream takes a port that the Service does not have',
    objects: [service('web')],
    backend: to('web', 4711),
    annotations: direct,
    upstream: 'web:4711 A 4711: 10.96.0.1 4711',
  },
  {
    title: 'service-upstream of a headless Service goes to its endpoints',
    objects: [service('web', { clusterIP: 'None', ports: [port(80, { targetPort: 8080 })] }), slice('web', ['10.0.0.1'], '8080')],
    annotations: direct,
    upstream: 'web:80 A 8080: 10.0.0.1 8080',
  },
  {
    title: 'service-upstream of a Service with an IPv6 address asks for that',
    objects: [service('web', { clusterIP: 'fd00::1' })],
    annotations: direct,
    upstream: 'web:80 A 80 IPv6: fd00::1 80',
  },
];

function sourceText(source: EndpointSource | undefined): string {
  if (source === undefined) return 'nothing';
  if (source.kind === 'externalName') return `name ${source.name} ${source.port}`;
  if (source.kind === 'standIn') return `stand-in for ${refText(source.service)} ${source.port}`;
  return source.endpoints.map(({ address, port }) => `${address} ${port}`).join(', ');
}

function upstreamText(upstream: Upstream, source: EndpointSource | undefined): string {
  const { resolution, balancing } = upstream;
  const asks = resolution.kind === 'A' ? `A ${resolution.port}` : 'SRV';
  const more = [upstream.ipv6 ? ' IPv6' : '', balancing.kind === 'round_robin' ? '' : ` ${balancing.kind}`].join('');
  return `${upstream.service.name}:${upstream.port} ${asks}${more}: ${sourceText(source)}`;
}

for (const row of rows) {
  test(row.title, () => {
    const rules = [rule('a.test', path('/', 'Prefix', row.backend))];
    const built = build([ingress('web', { rules, ...(row.annotations && { annotations: row.annotations }) }), ...row.objects], row.options);
    const texts = built.topology.upstreams.map((upstream) => upstreamText(upstream, built.runtime.endpoints.get(upstream.id)));
    assert.deepEqual(
      { upstreams: texts, answers503: routes(built).at(-1)?.includes('-> 503'), complaints: complaints(built) },
      {
        upstreams: row.upstream === undefined ? [] : [row.upstream],
        answers503: row.upstream === undefined,
        complaints: row.complaint === undefined ? [] : [row.complaint],
      },
    );
  });
}

test('rules that mean the same Service port share one upstream, in one namespace only', () => {
  const objects = ['default', 'team'].flatMap((namespace) => [
    service(`${namespace}/web`, { ports: [port(80, { name: 'http', targetPort: 8080 })] }),
    slice(`${namespace}/web`, ['10.0.0.1'], 'http=8080'),
    ingress(`${namespace}/web`, {
      rules: [rule(`${namespace}.test`, path('/a'), path('/b', 'Prefix', to('web', 'http')), path('/c', 'Prefix', to('web', 8080)))],
    }),
  ]);
  const { topology } = build(objects);
  const targets = topology.servers.flatMap((server) =>
    server.locations.flatMap(({ target }) => (target.kind === 'proxy' ? [target.upstream] : [])),
  );
  assert.equal(topology.upstreams.length, 2);
  assert.equal(targets.length, 6);
  assert.deepEqual(
    [...new Set(targets)].sort(),
    topology.upstreams.map((upstream) => upstream.id),
  );
});

test('the name of an upstream is the same in every build and after every restart', () => {
  const { topology } = build([service('web'), slice('web', ['10.0.0.1']), ingress('web', { rules: [rule('a.test', path('/'))] })]);
  assert.deepEqual(
    topology.upstreams.map((upstream) => upstream.id),
    ['666bdeef3e9d2942711'],
  );
});

test('a backend that several paths share is complained about for each of them, and for one of them once', () => {
  const built = build([ingress('web', { defaultBackend: to('web'), rules: [rule('a.test', path('/a')), rule('b.test', path('/b'))] })]);
  assert.deepEqual(
    built.diagnostics.map(({ code, field }) => `${code} ${field}`),
    [
      'ServiceMissing spec.defaultBackend.service.name',
      'ServiceMissing spec.rules[0].http.paths[0].backend.service.name',
      'ServiceMissing spec.rules[1].http.paths[0].backend.service.name',
    ],
  );
});
