import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConfigMap, type KubeObject, refText } from '../model/objects.ts';
import type { EndpointSource } from '../model/runtime.ts';
import { build, complaints, endpoint, ingress, path, port, rule, service, slice, snapshot, testNow, to } from './objects-testbed.ts';
import { defaultRoutingOptions, type RoutingOptions } from './options.ts';
import { buildStreams } from './streams.ts';

const flags = {
  tcpServicesConfigmap: { namespace: 'default', name: 'tcp' },
  udpServicesConfigmap: { namespace: 'default', name: 'udp' },
};

function configMap(name: string, data: Readonly<Record<string, string>>): ConfigMap {
  return { kind: 'ConfigMap', metadata: { namespace: 'default', name, labels: {}, annotations: {} }, data };
}

function sourceText(source: EndpointSource | undefined): string {
  if (source === undefined) return 'nothing';
  if (source.kind === 'externalName') return `name ${source.name}:${source.port}`;
  if (source.kind === 'standIn') return `stand-in for ${refText(source.service)} ${source.port}`;
  return source.endpoints.map(({ address, port }) => `${address}:${port}`).join(' ') || 'no endpoints';
}

/** One line for each port, and one for each complaint. */
function build1(
  data: { readonly tcp?: Readonly<Record<string, string>>; readonly udp?: Readonly<Record<string, string>> },
  objects: readonly KubeObject[],
  options: Partial<RoutingOptions> = {},
): readonly string[] {
  const { tcp = {}, udp = {} } = data;
  const facts = snapshot(...objects, configMap('tcp', tcp), configMap('udp', udp));
  const built = buildStreams(facts, { ...defaultRoutingOptions, ...flags, ...options });
  const ports = built.streams.map((stream) => {
    const upstream = built.upstreams.find(({ id }) => id === stream.upstream);
    assert.ok(upstream);
    const { resolution, balancing, ipv6 } = upstream;
    const how = [resolution.kind === 'A' ? `A ${resolution.port}` : 'SRV', ...(ipv6 ? ['ipv6'] : []), balancing.kind].join(' ');
    return `${stream.protocol} ${stream.port} -> ${refText(upstream.service)}:${upstream.port} (${how}) ${sourceText(built.endpoints.get(upstream.id))}`;
  });
  return [...ports, ...complaints(built).map((line) => line.replace(/ ConfigMap default\//, ' '))];
}

const dns = [port(53, { name: 'dns', protocol: 'UDP', targetPort: 'dns' }), port(53, { name: 'dns-tcp', targetPort: 5354 })];
const dnsSlice = {
  ...slice('dns', []),
  subsets: [
    {
      addressType: 'IPv4' as const,
      endpoints: [endpoint('10.0.0.1'), endpoint('10.0.0.2')],
      ports: [
        { name: 'dns', port: 5353, protocol: 'UDP' as const },
        { name: 'dns-tcp', port: 5354, protocol: 'TCP' as const },
      ],
    },
  ],
};

interface Row {
  readonly title: string;
  readonly data: Parameters<typeof build1>[0];
  readonly objects: readonly KubeObject[];
  readonly options?: Partial<RoutingOptions>;
  readonly expected: readonly string[];
}

const rows: readonly Row[] = [
  {
    title: 'a port of a Service is found by its number or its name, for both as one upstream',
    data: { tcp: { 9000: 'default/web:80', 9001: 'default/web:http' } },
    objects: [service('web', { ports: [port(80, { name: 'http', targetPort: 8080 })] }), slice('web', ['10.0.0.1'], 'http=8080')],
    expected: [
      'TCP 9000 -> Service default/web:80 (A 8080 round_robin) 10.0.0.1:8080',
      'TCP 9001 -> Service default/web:80 (A 8080 round_robin) 10.0.0.1:8080',
    ],
  },
  {
    title: 'of a TCP and a UDP port with one number each protocol gets its own',
    data: { tcp: { 53: 'default/dns:53' }, udp: { 53: 'default/dns:53' } },
    objects: [service('dns', { ports: dns }), dnsSlice],
    expected: [
      'TCP 53 -> Service default/dns:53 (A 5354 round_robin) 10.0.0.1:5354 10.0.0.2:5354',
      'UDP 53 -> Service default/dns:53 (SRV round_robin) 10.0.0.1:5353 10.0.0.2:5353',
    ],
  },
  {
    title: 'a Service in another namespace can be named, as the ConfigMap belongs to the operator',
    data: { tcp: { 9000: 'data/db:5432' } },
    objects: [
      { ...service('db', { ports: [port(5432)] }), metadata: { namespace: 'data', name: 'db', labels: {}, annotations: {} } },
      slice('data/db', ['10.0.0.9'], '5432'),
    ],
    expected: ['TCP 9000 -> Service data/db:5432 (A 5432 round_robin) 10.0.0.9:5432'],
  },
  {
    title: 'a missing Service costs its port, and no other',
    data: { tcp: { 9000: 'default/gone:80', 9001: 'default/web:80' } },
    objects: [service('web'), slice('web', ['10.0.0.1'])],
    expected: [
      'TCP 9001 -> Service default/web:80 (A 80 round_robin) 10.0.0.1:80',
      'error ServiceMissing tcp data["9000"]: there is no Service default/gone, so TCP port 9000 is not opened. Create it, or correct the name.',
    ],
  },
  {
    title: 'a missing port costs its entry, and the ports that there are, are named',
    data: { udp: { 9000: 'default/web:80', 9001: 'default/web:nope' } },
    objects: [service('web', { ports: [port(80, { name: 'http' })] }), slice('web', ['10.0.0.1'], 'http=80')],
    expected: [
      'error ServicePortMissing udp data["9000"]: Service default/web has no UDP port 80: it has 80 (http) TCP. UDP port 9000 is not opened.',
      'error ServicePortMissing udp data["9001"]: Service default/web has no UDP port nope: it has 80 (http) TCP. UDP port 9001 is not opened.',
    ],
  },
  {
    title: 'without endpoints the port is open all the same, so that their arrival is no reload',
    data: { tcp: { 9000: 'default/web:80' }, udp: { 53: 'default/dns:53' } },
    objects: [service('web'), service('dns', { ports: dns })],
    expected: [
      'UDP 53 -> Service default/dns:53 (SRV round_robin) no endpoints',
      'TCP 9000 -> Service default/web:80 (A 80 round_robin) no endpoints',
      'warning ServiceWithoutEndpoints udp data["53"]: Service default/dns has no ready endpoint for port 53 (no EndpointSlice or Endpoints object belongs to it); what comes to UDP port 53 is dropped until one appears.',
      'warning ServiceWithoutEndpoints tcp data["9000"]: Service default/web has no ready endpoint for port 80 (no EndpointSlice or Endpoints object belongs to it); connections to TCP port 9000 are closed until one appears.',
    ],
  },
  {
    title: 'sessionAffinity: ClientIP holds here too, and needs names',
    data: { tcp: { 9000: 'default/web:80' } },
    objects: [service('web', { sessionAffinity: 'ClientIP' }), slice('web', ['10.0.0.1'])],
    expected: ['TCP 9000 -> Service default/web:80 (SRV client_ip) 10.0.0.1:80'],
  },
  {
    title: 'an external name needs a number, its own or that of the Service',
    data: { tcp: { 9000: 'default/out:5432', 9001: 'default/out:db', 9002: 'default/out:other' } },
    objects: [service('out', { type: 'ExternalName', externalName: 'db.example.com', ports: [port(6432, { name: 'db' })] })],
    expected: [
      'TCP 9000 -> Service default/out:5432 (A 5432 ipv6 round_robin) name db.example.com:5432',
      'TCP 9001 -> Service default/out:6432 (A 6432 ipv6 round_robin) name db.example.com:6432',
      'error ServicePortMissing tcp data["9002"]: Service default/out has no TCP port other: it has 6432 (db) TCP. TCP port 9002 is not opened.',
    ],
  },
  {
    title: 'external names can be switched off',
    data: { tcp: { 9000: 'default/out:5432' } },
    objects: [service('out', { type: 'ExternalName', externalName: 'db.example.com', ports: [] })],
    options: { disableSvcExternalName: true },
    expected: [
      'error ExternalNameUnusable tcp data["9000"]: Service default/out is of type ExternalName, which --disable-svc-external-name switches off; TCP port 9000 is not opened.',
    ],
  },
  {
    title: '--backend answers in place of a Service, also one that does not exist',
    data: { tcp: { 9000: 'default/web:http', 9001: 'default/gone:80' } },
    objects: [service('web', { ports: [port(80, { name: 'http' })] })],
    options: {
      backends: new Map([
        ['default/web:80', { address: '127.0.0.1', port: 3000 }],
        ['default/gone', { address: '::1', port: 3001 }],
      ]),
    },
    expected: [
      'TCP 9000 -> Service default/web:80 (SRV round_robin) 127.0.0.1:3000',
      'TCP 9001 -> Service default/gone:80 (SRV ipv6 round_robin) ::1:3001',
    ],
  },
  {
    title: 'the stand-in answers for TCP alone',
    data: { tcp: { 9000: 'default/web:80' }, udp: { 53: 'default/dns:53' } },
    objects: [service('web'), service('dns', { ports: dns })],
    options: { echo: true },
    expected: [
      'UDP 53 -> Service default/dns:53 (SRV round_robin) no endpoints',
      'TCP 9000 -> Service default/web:80 (SRV round_robin) stand-in for Service default/web 80',
      'warning ServiceWithoutEndpoints udp data["53"]: Service default/dns has no ready endpoint for port 53 (no EndpointSlice or Endpoints object belongs to it); what comes to UDP port 53 is dropped until one appears.',
    ],
  },
  {
    title: 'endpoints that a cluster will have are not missed in manifests that are only looked at',
    data: { tcp: { 9000: 'default/web:80' } },
    objects: [service('web')],
    options: { assumeEndpoints: true },
    expected: ['TCP 9000 -> Service default/web:80 (A 80 round_robin) no endpoints'],
  },
];

describe('a TCP or UDP port', () => {
  for (const { title, data, objects, options, expected } of rows)
    test(title, () => {
      assert.deepEqual(build1(data, objects, options), expected);
    });
});

describe('the topology', () => {
  const facts = [
    ingress('web', { rules: [rule('a.test', path('/', 'Prefix', to('web')))] }),
    service('web'),
    slice('web', ['10.0.0.1']),
    configMap('tcp', { 9000: 'default/web:80:PROXY:PROXY' }),
    configMap('udp', {}),
  ];

  test('keeps the upstreams of http and of streams apart, and the endpoints of both together', () => {
    const { topology, runtime, diagnostics } = build(facts, flags);
    assert.deepEqual(diagnostics, []);
    const [http] = topology.upstreams;
    const [stream] = topology.streamUpstreams ?? [];
    assert.ok(http && stream && http.id !== stream.id);
    assert.deepEqual([...runtime.endpoints.keys()].sort(), [http.id, stream.id].sort());
    assert.deepEqual(topology.streams, [
      {
        port: 9000,
        protocol: 'TCP',
        upstream: stream.id,
        origin: { object: { kind: 'ConfigMap', namespace: 'default', name: 'tcp' }, field: 'data["9000"]' },
        acceptsProxy: true,
        sendsProxy: true,
      },
    ]);
  });

  test('stays the same when endpoints change', () => {
    const more = [...facts.filter(({ kind }) => kind !== 'EndpointSet'), slice('web', ['10.0.0.2', '10.0.0.3'])];
    assert.deepEqual(build(more, flags).topology, build(facts, flags).topology);
  });

  test('has no word about streams where no flag asks for them', () => {
    const { topology } = build(facts);
    assert.deepEqual([topology.streams, topology.streamUpstreams], [[], undefined]);
  });

  test('is looked at again ten seconds after a port was taken, and not otherwise', () => {
    assert.equal(build(facts, flags).validUntil, undefined);
    assert.equal(build(facts, { ...flags, takenPorts: new Map([['TCP 9000', 'taken.']]) }).validUntil, testNow + 10_000);
    assert.equal(build(facts, { ...flags, takenPorts: new Map([['TCP 9999', 'taken.']]) }).validUntil, undefined);
  });
});

describe('the ConfigMap of the controller', () => {
  const settings = { namespace: 'default', name: 'settings' };
  const read = (data: Readonly<Record<string, string>>) => build([configMap('settings', data)], { configMap: settings });
  const lines = (data: Readonly<Record<string, string>>) =>
    read(data).topology.base?.stream?.map(({ name, args }) => `${name} ${args.map((arg) => ('text' in arg ? arg.text : '?')).join(' ')}`);

  test('has the defaults of ingress-nginx', () => {
    assert.deepEqual(lines({}), [
      'proxy_timeout 600s',
      'proxy_responses 1',
      'proxy_next_upstream on',
      'proxy_next_upstream_timeout 600s',
      'proxy_next_upstream_tries 3',
    ]);
  });

  test('says how long and how often', () => {
    const said = {
      'proxy-stream-timeout': '2h',
      'proxy-stream-responses': '0',
      'proxy-stream-next-upstream': 'false',
      'proxy-stream-next-upstream-timeout': '0s',
      'proxy-stream-next-upstream-tries': '0',
    };
    assert.deepEqual(complaints(read(said)), []);
    assert.deepEqual(lines(said), [
      'proxy_timeout 2h',
      'proxy_responses 0',
      'proxy_next_upstream off',
      'proxy_next_upstream_timeout 0',
      'proxy_next_upstream_tries 0',
    ]);
  });

  for (const text of ['0', 'soon', '10 m', '1000000', '1d', '-1', '999999h'])
    test(`has no timeout of ${text}`, () => {
      assert.deepEqual(complaints(read({ 'proxy-stream-timeout': text })), [
        `error ConfigMapInvalid ConfigMap default/settings data["proxy-stream-timeout"]: proxy-stream-timeout: "${text}" is refused: write a time such as 600s or 10m, for example "1h". The default stays.`,
      ]);
    });
});
