import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from './kinds.ts';

function endpoints(subsets: unknown) {
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web' }, subsets };
}

function slice(fields: object, labels: object = { 'kubernetes.io/service-name': 'web' }) {
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'web-x1', labels }, addressType: 'IPv4', ...fields };
}

function complaints(value: unknown): readonly string[] {
  return decode(value).diagnostics.map(({ code, field, message }) => `${code} ${field}: ${message}`);
}

test('Endpoints as kubectl prints them are read without complaint, one subset for each address family', () => {
  const targetRef = { kind: 'Pod', name: 'web-1', namespace: 'default', uid: 'u', resourceVersion: '1', apiVersion: 'v1', fieldPath: 'x' };
  const { object, diagnostics, ref } = decode(
    endpoints([
      {
        addresses: [{ ip: '10.0.0.1', nodeName: 'n1', targetRef, hostname: 'h' }, { ip: 'fd00::1' }],
        notReadyAddresses: [{ ip: '10.0.0.2' }],
        ports: [
          { name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
      { addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 8000 }] },
    ]),
  );
  const ports = [
    { name: 'http', port: 8080, protocol: 'TCP' },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ];
  const ready = { ready: true, serving: true, terminating: false };
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(ref, { kind: 'Endpoints', namespace: 'default', name: 'web' });
  assert.deepEqual(object, {
    kind: 'EndpointSet',
    apiKind: 'Endpoints',
    metadata: { namespace: 'default', name: 'web', labels: {}, annotations: {} },
    serviceName: 'web',
    subsets: [
      {
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['10.0.0.1'], ...ready },
          { addresses: ['10.0.0.2'], ready: false, serving: false, terminating: false },
        ],
        ports,
      },
      { addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'], ...ready }], ports },
      { addressType: 'IPv4', endpoints: [{ addresses: ['127.0.0.1'], ...ready }], ports: [{ name: '', port: 8000, protocol: 'TCP' }] },
    ],
  });
});

test('Endpoints without subsets have none', () => {
  const { object } = decode(endpoints(undefined));
  assert.ok(object?.kind === 'EndpointSet');
  assert.deepEqual(object.subsets, []);
});

test('misspelt fields of Endpoints are named, and the object is refused for what it then lacks', () => {
  assert.deepEqual(complaints(endpoints([{ addresss: [{ ip: '10.0.0.1' }], addresses: [{ IP: '10.0.0.1' }], ports: [{ port: 1 }] }])), [
    'FieldUnknown subsets[0].addresss: unknown field "addresss"; did you mean `addresses`?',
    'FieldUnknown subsets[0].addresses[0].IP: unknown field "IP"; did you mean `ip`?',
    'ObjectInvalid subsets[0].addresses[0].ip: is required',
  ]);
});

const wrong: readonly (readonly [string, unknown, string])[] = [
  ['an empty subset', [{}], 'subsets[0]: needs `addresses` or `notReadyAddresses`'],
  ['a host name', [{ addresses: [{ ip: 'localhost' }] }], 'subsets[0].addresses[0].ip: "localhost" is not an IP address'],
  ['leading zeros', [{ addresses: [{ ip: '010.0.0.1' }] }], 'subsets[0].addresses[0].ip: "010.0.0.1" is not an IP address'],
  ['a zone', [{ addresses: [{ ip: 'fe80::1%eth0' }] }], 'subsets[0].addresses[0].ip: "fe80::1%eth0" is not an IPv6 address'],
  [
    'IPv4 in disguise',
    [{ notReadyAddresses: [{ ip: '::ffff:127.0.0.1' }] }],
    'subsets[0].notReadyAddresses[0].ip: "::ffff:127.0.0.1" is an IPv4 address written as IPv6: write it as IPv4',
  ],
  ['no port number', [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'a' }] }], 'subsets[0].ports[0].port: is required'],
  [
    'two unnamed ports',
    [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 1 }, { port: 2 }] }],
    'subsets[0].ports[1].name: is required when there is more than one port',
  ],
];
for (const [title, subsets, complaint] of wrong) {
  test(`Endpoints with ${title} are refused`, () => assert.deepEqual(complaints(endpoints(subsets)), [`ObjectInvalid ${complaint}`]));
}

test('an EndpointSlice as kubectl prints it is read without complaint', () => {
  const { object, diagnostics } = decode(
    slice({
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          conditions: { ready: false, serving: true, terminating: true },
          deprecatedTopology: { a: 'b' },
          hints: { forZones: [{ name: 'z' }], forNodes: [{ name: 'n' }] },
          hostname: 'h',
          nodeName: 'n1',
          targetRef: { kind: 'Pod', name: 'web-1' },
          zone: 'z',
        },
        { addresses: ['10.0.0.2', '10.0.0.3'], conditions: {} },
        { addresses: ['10.0.0.4'], conditions: { ready: null, serving: false } },
      ],
      ports: [
        { name: '', port: 8080, protocol: 'TCP' },
        { name: 'all', port: null },
      ],
    }),
  );
  assert.deepEqual(diagnostics, []);
  assert.ok(object?.kind === 'EndpointSet');
  assert.deepEqual([object.apiKind, object.serviceName], ['EndpointSlice', 'web']);
  assert.deepEqual(object.subsets, [
    {
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.0.0.1'], ready: false, serving: true, terminating: true, zones: ['z'] },
        { addresses: ['10.0.0.2', '10.0.0.3'], ready: true, serving: true, terminating: false },
        { addresses: ['10.0.0.4'], ready: true, serving: false, terminating: false },
      ],
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    },
  ]);
});

test('a slice that names no Service is kept out of all of them, with a warning', () => {
  const { object } = decode(slice({}, {}));
  assert.ok(object?.kind === 'EndpointSet');
  assert.equal(object.serviceName, '');
  assert.deepEqual(complaints(slice({}, {})), [
    'ServiceNameMissing metadata.labels: the label kubernetes.io/service-name is missing, so the slice belongs to no Service and is not used',
  ]);
});

const addresses: readonly (readonly [string, string, boolean])[] = [
  ['IPv4', '10.0.0.1', true],
  ['IPv4', 'fd00::1', false],
  ['IPv6', 'fd00::1', true],
  ['IPv6', '10.0.0.1', false],
  ['IPv6', '::ffff:10.0.0.1', false],
  ['FQDN', 'db.example.com', true],
  ['FQDN', 'db.example.com.', true],
  ['FQDN', 'db', false],
  ['FQDN', 'Db.example.com', false],
];
for (const [addressType, address, isRight] of addresses) {
  test(`${address} is ${isRight ? 'an' : 'no'} address of type ${addressType}`, () => {
    const fields = decode(slice({ addressType, endpoints: [{ addresses: [address] }] })).diagnostics.map(({ field }) => field);
    assert.deepEqual(fields, isRight ? [] : ['endpoints[0].addresses[0]']);
  });
}

test('a slice without address type, or endpoints without addresses, are refused', () => {
  assert.deepEqual(complaints(slice({ addressType: null })), ['ObjectInvalid addressType: is required: use IPv4, IPv6 or FQDN']);
  assert.deepEqual(complaints(slice({ addressType: 'IP' })), ['ObjectInvalid addressType: "IP" is not supported: use IPv4, IPv6, FQDN']);
  assert.deepEqual(complaints(slice({ endpoints: [{}] })), ['ObjectInvalid endpoints[0].addresses: needs at least one address']);
});
