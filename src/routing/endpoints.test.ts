import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSet, Service, ServicePort } from '../model/objects.ts';
import { endpointsOf, indexEndpoints, wantsIpv6 } from './endpoints.ts';
import { endpoint, port, service, slice, snapshot } from './objects-testbed.ts';

interface Row {
  readonly title: string;
  readonly sets: readonly EndpointSet[];
  readonly service?: Service;
  readonly port?: ServicePort;
  readonly expected: readonly string[];
}

const http = port(80, { name: 'http', targetPort: 'web' });
const notReady = { ready: false, serving: false };
const draining = { ready: false, serving: true, terminating: true };

const rows: readonly Row[] = [
  { title: 'no endpoint object means no endpoint', sets: [], expected: [] },
  {
    title: 'addresses come sorted',
    sets: [slice('web', ['10.0.0.3', '10.0.0.1', '10.0.0.2'])],
    expected: ['10.0.0.1 80', '10.0.0.2 80', '10.0.0.3 80'],
  },
  {
    title: 'several slices are one list, and an address that is in two of them counts once',
    sets: [slice('web#1', ['10.0.0.2', '10.0.0.1']), slice('web#2', ['10.0.0.2', '10.0.0.3'])],
    expected: ['10.0.0.1 80', '10.0.0.2 80', '10.0.0.3 80'],
  },
  {
    title: 'one address with two ports counts twice',
    sets: [slice('web#1', ['10.0.0.1'], '8080'), slice('web#2', ['10.0.0.1'], '8081')],
    expected: ['10.0.0.1 8080', '10.0.0.1 8081'],
  },
  {
    title: 'only ready endpoints count while there is one',
    sets: [slice('web', ['10.0.0.1', endpoint('10.0.0.2', notReady), endpoint('10.0.0.3', draining)])],
    expected: ['10.0.0.1 80'],
  },
  {
    title: 'where none is ready, those that serve while they terminate count',
    sets: [slice('web#1', [endpoint('10.0.0.2', notReady)]), slice('web#2', [endpoint('10.0.0.3', draining)])],
    expected: ['10.0.0.3 80'],
  },
  {
    title: 'an endpoint that serves but neither is ready nor terminates does not count',
    sets: [slice('web', [endpoint('10.0.0.1', { ready: false, serving: true })])],
    expected: [],
  },
  {
    title: 'an endpoint that terminates and no longer serves does not count',
    sets: [slice('web', [endpoint('10.0.0.1', { ready: false, serving: false, terminating: true })])],
    expected: [],
  },
  {
    title: 'publishNotReadyAddresses makes all of them count',
    service: service('web', { publishNotReadyAddresses: true }),
    sets: [slice('web', ['10.0.0.1', endpoint('10.0.0.2', notReady), endpoint('10.0.0.3', draining)])],
    expected: ['10.0.0.1 80', '10.0.0.2 80', '10.0.0.3 80'],
  },
  {
    title: 'the port of the same name counts',
    port: http,
    sets: [slice('web', ['10.0.0.1'], 'metrics=9090', 'http=8080')],
    expected: ['10.0.0.1 8080'],
  },
  {
    title: 'a named targetPort may be another number in each slice',
    port: http,
    sets: [slice('web#1', ['10.0.0.1'], 'http=8080'), slice('web#2', ['10.0.0.2'], 'http=3000')],
    expected: ['10.0.0.1 8080', '10.0.0.2 3000'],
  },
  {
    title: 'another name and a named targetPort mean no endpoint',
    port: http,
    sets: [slice('web', ['10.0.0.1'], 'https=8443')],
    expected: [],
  },
  {
    title: 'another name and a numeric targetPort mean the targetPort',
    port: port(80, { name: 'http', targetPort: 8080 }),
    sets: [slice('web', ['10.0.0.1'], 'https=8443')],
    expected: ['10.0.0.1 8080'],
  },
  {
    title: 'the only port of a slice belongs to an unnamed Service port',
    sets: [slice('web', ['10.0.0.1'], 'http=8080')],
    expected: ['10.0.0.1 8080'],
  },
  {
    title: 'of several named ports none belongs to an unnamed Service port, so its targetPort counts',
    port: port(80, { targetPort: 8000 }),
    sets: [slice('web', ['10.0.0.1'], 'a=8080', 'b=8081')],
    expected: ['10.0.0.1 8000'],
  },
  {
    title: 'a UDP port of the same name is not taken',
    port: port(53, { name: 'dns', targetPort: 'dns' }),
    sets: [
      {
        ...slice('web', []),
        subsets: [{ addressType: 'IPv4', endpoints: [endpoint('10.0.0.1')], ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] }],
      },
    ],
    expected: [],
  },
  {
    title: 'of a TCP and a UDP port of one name, a UDP Service port takes the UDP one',
    port: port(53, { name: 'dns', targetPort: 'dns', protocol: 'UDP' }),
    sets: [
      {
        ...slice('web', []),
        subsets: [
          {
            addressType: 'IPv4',
            endpoints: [endpoint('10.0.0.1')],
            ports: [
              { name: 'dns', port: 53, protocol: 'TCP' },
              { name: 'dns', port: 5353, protocol: 'UDP' },
            ],
          },
        ],
      },
    ],
    expected: ['10.0.0.1 5353'],
  },
  {
    title: 'an Endpoints object counts with each of its subsets',
    sets: [
      {
        ...slice('web', []),
        apiKind: 'Endpoints',
        subsets: [...slice('web', ['10.0.0.1'], '8080').subsets, ...slice('web', ['10.0.0.2'], '8081').subsets],
      },
    ],
    expected: ['10.0.0.1 8080', '10.0.0.2 8081'],
  },
  {
    title: 'IPv6 addresses are written in their shortest form, so that two spellings are one',
    sets: [slice('web#1', ['2001:DB8:0:0::1']), slice('web#2', ['2001:db8::1'])],
    expected: ['2001:db8::1 80'],
  },
  {
    title: 'host names in a slice are not addresses',
    sets: [
      {
        ...slice('web', []),
        subsets: [{ addressType: 'FQDN', endpoints: [endpoint('a.example.com')], ports: [{ name: '', port: 80, protocol: 'TCP' }] }],
      },
    ],
    expected: [],
  },
];

for (const row of rows) {
  test(row.title, () => {
    const found = endpointsOf(row.service ?? service('web'), row.port ?? port(80), row.sets);
    assert.deepEqual(
      found.map(({ address, port }) => `${address} ${port}`),
      row.expected,
    );
  });
}

const north = endpoint('10.0.0.1', { zones: ['north'] });
const south = endpoint('10.0.0.2', { zones: ['south', 'west'] });
const zoned: readonly (readonly [string, readonly EndpointSet[], string | undefined, readonly string[]])[] = [
  ['those meant for the zone count', [slice('web#1', [north]), slice('web#2', [south])], 'west', ['10.0.0.2']],
  ['without a zone hints say nothing', [slice('web', [north, south])], undefined, ['10.0.0.1', '10.0.0.2']],
  ['where none is meant for the zone all count', [slice('web', [north, south])], 'east', ['10.0.0.1', '10.0.0.2']],
  [
    'where one has no hint all count',
    [slice('web#1', [north, south]), slice('web#2', ['10.0.0.3'])],
    'north',
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  ],
  ['one that is not ready needs no hint', [slice('web', [north, south, endpoint('10.0.0.3', notReady)])], 'north', ['10.0.0.1']],
  [
    'one that is not ready is no endpoint of its zone',
    [slice('web', [north, endpoint('10.0.0.2', { ...notReady, zones: ['south'] })])],
    'south',
    ['10.0.0.1'],
  ],
];

for (const [title, sets, zone, expected] of zoned) {
  test(`zones: ${title}`, () => {
    assert.deepEqual(
      endpointsOf(service('web'), port(80), sets, zone).map(({ address }) => address),
      expected,
    );
  });
}

test('endpoint objects belong to the Service of their own namespace', () => {
  const index = indexEndpoints(snapshot(slice('a/web#1', []), slice('b/web', []), slice('a/web#2', []), slice('a/api', [])));
  assert.deepEqual(
    [...index].map(([key, sets]) => `${key}: ${sets.map((set) => set.metadata.name).join(' ')}`),
    ['a/web: web-1 web-2', 'b/web: web', 'a/api: api'],
  );
});

test('IPv6 is asked for where the Service has it or somebody wrote an IPv6 slice', () => {
  assert.equal(wantsIpv6(service('web'), [slice('web', ['10.0.0.1'])]), false);
  assert.equal(wantsIpv6(service('web', { ipFamilies: ['IPv4', 'IPv6'] }), []), true);
  assert.equal(wantsIpv6(service('web'), [slice('web', ['2001:db8::1'])]), true);
});
