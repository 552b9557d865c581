import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from './kinds.ts';

function service(spec: unknown) {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec };
}

function complaints(value: unknown): readonly string[] {
  return decode(value).diagnostics.map(({ code, field, message }) => `${code} ${field}: ${message}`);
}

const metadata = { namespace: 'default', name: 'web', labels: {}, annotations: {} };

test('a Service as kubectl prints it is read whole and without complaint', () => {
  const dump = {
    ...service({
      allocateLoadBalancerNodePorts: true,
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10', 'fd00::10'],
      externalIPs: ['192.0.2.7'],
      externalTrafficPolicy: 'Cluster',
      healthCheckNodePort: 30000,
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'PreferDualStack',
      loadBalancerClass: 'example.com/lb',
      loadBalancerIP: '192.0.2.1',
      loadBalancerSourceRanges: ['0.0.0.0/0'],
      ports: [
        { name: 'http', nodePort: 30080, port: 80, protocol: 'TCP', targetPort: 8080, appProtocol: 'kubernetes.io/h2c' },
        { name: 'dns', port: 80, protocol: 'UDP', targetPort: 'dns-udp' },
      ],
      publishNotReadyAddresses: true,
      selector: { app: 'web' },
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
      trafficDistribution: 'PreferClose',
      type: 'LoadBalancer',
    }),
    status: { conditions: [], loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } },
  };
  const { object, diagnostics } = decode(dump);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(object, {
    kind: 'Service',
    metadata,
    type: 'LoadBalancer',
    clusterIP: '10.96.0.10',
    ports: [
      { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080, appProtocol: 'kubernetes.io/h2c' },
      { name: 'dns', port: 80, protocol: 'UDP', targetPort: 'dns-udp' },
    ],
    hasSelector: true,
    sessionAffinity: 'ClientIP',
    publishNotReadyAddresses: true,
    ipFamilies: ['IPv4', 'IPv6'],
    loadBalancer: [{ ip: '192.0.2.1' }],
    externalIPs: ['192.0.2.7'],
  });
});

test('what a Service leaves out is filled in as the API does', () => {
  assert.deepEqual(decode(service({ ports: [{ port: 80 }] })).object, {
    kind: 'Service',
    metadata,
    type: 'ClusterIP',
    ports: [{ name: '', port: 80, protocol: 'TCP', targetPort: 80 }],
    hasSelector: false,
    sessionAffinity: 'None',
    publishNotReadyAddresses: false,
    ipFamilies: [],
    loadBalancer: [],
    externalIPs: [],
  });
});

test('headless Services and external names need no ports', () => {
  assert.deepEqual(complaints(service({ clusterIP: 'None' })), []);
  const { object } = decode(service({ type: 'ExternalName', externalName: 'db.example.com.' }));
  assert.ok(object?.kind === 'Service');
  assert.deepEqual([object.type, object.externalName], ['ExternalName', 'db.example.com.']);
});

const wrong: readonly (readonly [string, unknown, string])[] = [
  ['no ports', {}, 'spec.ports: needs at least one port'],
  [
    'an unknown type',
    { type: 'Clusterip', ports: [{ port: 1 }] },
    'spec.type: "Clusterip" is not supported: use ClusterIP, NodePort, LoadBalancer, ExternalName',
  ],
  ['an unknown protocol', { ports: [{ port: 1, protocol: 'tcp' }] }, 'spec.ports[0].protocol: "tcp" is not supported: use TCP, UDP, SCTP'],
  ['a port too large', { ports: [{ port: 65536 }] }, 'spec.ports[0].port: 65536 is not a port: use 1 to 65535'],
  ['no port number', { ports: [{ name: 'a' }] }, 'spec.ports[0].port: is required'],
  [
    'digits as text',
    { ports: [{ port: 1, targetPort: '8080' }] },
    'spec.ports[0].targetPort: "8080" is text: write the number without quotes',
  ],
  ['unnamed ports', { ports: [{ port: 1, name: 'a' }, { port: 2 }] }, 'spec.ports[1].name: is required when there is more than one port'],
  [
    'a name twice',
    {
      ports: [
        { port: 1, name: 'a' },
        { port: 2, name: 'a' },
      ],
    },
    'spec.ports[1].name: "a" is the name of another port',
  ],
  [
    'a port twice',
    {
      ports: [
        { port: 1, name: 'a' },
        { port: 1, name: 'b' },
      ],
    },
    'spec.ports[1].port: 1/TCP is there twice',
  ],
  ['a bad address', { clusterIP: '10.0.0', ports: [{ port: 1 }] }, 'spec.clusterIP: "10.0.0" is not an IP address'],
  ['a headless NodePort', { type: 'NodePort', clusterIP: 'None' }, 'spec.clusterIP: "None" is not allowed in a Service of type NodePort'],
  ['no external name', { type: 'ExternalName' }, 'spec.externalName: is required'],
  ['a selector that is a list', { selector: ['a'], ports: [{ port: 1 }] }, 'spec.selector: must be a map of strings, not a list'],
  [
    'a wrong type in an unused field',
    { allocateLoadBalancerNodePorts: 'yes', ports: [{ port: 1 }] },
    'spec.allocateLoadBalancerNodePorts: must be true or false, not a string',
  ],
];
for (const [title, spec, complaint] of wrong) {
  test(`a Service with ${title} is refused`, () => {
    const decoded = decode(service(spec));
    assert.equal(decoded.object, undefined);
    assert.ok(complaints(service(spec)).includes(`ObjectInvalid ${complaint}`), complaints(service(spec)).join('\n'));
  });
}

test('a misspelt field is ignored with a suggestion', () => {
  assert.deepEqual(complaints(service({ ports: [{ port: 80, targetport: 8080, zzz: 1 }], Selector: {} })), [
    'FieldUnknown spec.ports[0].targetport: unknown field "targetport"; did you mean `targetPort`?',
    'FieldUnknown spec.ports[0].zzz: unknown field "zzz"; it is ignored',
    'FieldUnknown spec.Selector: unknown field "Selector"; did you mean `selector`?',
  ]);
});
