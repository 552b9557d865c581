import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConfigMap, refText } from '../model/objects.ts';
import { snapshot } from './objects-testbed.ts';
import { defaultRoutingOptions, type RoutingOptions } from './options.ts';
import { readStreamEntries } from './stream-entries.ts';

const tcp = { namespace: 'infra', name: 'tcp' };
const udp = { namespace: 'infra', name: 'udp' };

function configMap(name: string, data: Readonly<Record<string, string>>): ConfigMap {
  return { kind: 'ConfigMap', metadata: { namespace: 'infra', name, labels: {}, annotations: {} }, data };
}

function read(configMaps: readonly ConfigMap[], options: Partial<RoutingOptions> = {}) {
  const all = { ...defaultRoutingOptions, tcpServicesConfigmap: tcp, udpServicesConfigmap: udp, ...options };
  const { entries, diagnostics } = readStreamEntries(snapshot(...configMaps), all);
  return {
    entries: entries.map(({ port, protocol, namespace, service, servicePort, acceptsProxy, sendsProxy }) => {
      const to = `${namespace}/${service}:${'number' in servicePort ? servicePort.number : `"${servicePort.name}"`}`;
      return `${protocol} ${port} ${to}${acceptsProxy ? ' accepts PROXY' : ''}${sendsProxy ? ' sends PROXY' : ''}`;
    }),
    complaints: diagnostics.map((one) => `${one.severity} ${one.code} ${refText(one.object)} ${one.field}: ${one.message}`),
  };
}

describe('an entry of a ConfigMap of ports', () => {
  const understood: readonly (readonly [text: string, entry: string])[] = [
    ['default/example-go:8080', 'default/example-go:8080'],
    ['default/example-go:http', 'default/example-go:"http"'],
    ['default/0ne:8', 'default/0ne:8'],
    ['a/b:80:PROXY', 'a/b:80 accepts PROXY'],
    ['a/b:80:PROXY:PROXY', 'a/b:80 accepts PROXY sends PROXY'],
    ['a/b:80::PROXY', 'a/b:80 sends PROXY'],
    ['a/b:80::', 'a/b:80'],
    ['a/b:80:proxy:Proxy', 'a/b:80 accepts PROXY sends PROXY'],
    ['  a/b:80\n', 'a/b:80'],
    ['a/b:p-1', 'a/b:"p-1"'],
  ];
  for (const [text, entry] of understood) {
    test(`${JSON.stringify(text)} is understood`, () => {
      assert.deepEqual(read([configMap('tcp', { 9000: text }), configMap('udp', {})]), { entries: [`TCP 9000 ${entry}`], complaints: [] });
    });
  }

  const form = 'write namespace/service:port, such as "default/postgres:5432"';
  const proxy =
    'behind the port there may only be :PROXY, for clients that begin with a PROXY protocol header, and another :PROXY, for a header to the backend';
  const refused: readonly (readonly [text: string, reason: string])[] = [
    ['', form],
    ['nonsense', form],
    ['svc:80', form],
    ['a/b/c:80', form],
    ['/b:80', form],
    ['a/:80', form],
    ['A/b:80', form],
    ['a/-b:80', form],
    ['a/b;80:80', form],
    ['a/b', `${form}, with the number or the name of a port of the Service`],
    ['a/b:', `${form}, with the number or the name of a port of the Service`],
    ['a/b:0', `${form}, with the number or the name of a port of the Service`],
    ['a/b:65536', `${form}, with the number or the name of a port of the Service`],
    ['a/b:a-name-that-is-too-long', `${form}, with the number or the name of a port of the Service`],
    ['a/b:80:TLS', proxy],
    ['a/b:80:PROXY:TLS', proxy],
    ['a/b:80:PROXY:PROXY:PROXY', proxy],
    ['a/b:80:PROXY:PROXY:', proxy],
  ];
  for (const [text, reason] of refused) {
    test(`${JSON.stringify(text)} is refused, and the port beside it is opened`, () => {
      assert.deepEqual(read([configMap('tcp', { 9000: text, 9001: 'a/b:80' }), configMap('udp', {})]), {
        entries: ['TCP 9001 a/b:80'],
        complaints: [
          `error StreamInvalid ConfigMap infra/tcp data["9000"]: ${JSON.stringify(text)} is refused: ${reason}. TCP port 9000 is not opened.`,
        ],
      });
    });
  }

  for (const key of ['0', '65536', '123456', '080', '8080-', 'http', '1.5']) {
    test(`the key ${key} is no port`, () => {
      assert.deepEqual(read([configMap('tcp', { [key]: 'a/b:80' }), configMap('udp', {})]), {
        entries: [],
        complaints: [
          `error StreamInvalid ConfigMap infra/tcp data["${key}"]: "${key}" is no port; write a number from 1 to 65535. Nothing is opened for it.`,
        ],
      });
    });
  }
});

describe('the ConfigMaps of TCP and UDP ports', () => {
  test('are sorted by port, and one port may have both protocols', () => {
    const maps = [configMap('udp', { 53: 'a/dns:53', 9: 'a/b:9' }), configMap('tcp', { 5432: 'a/db:5432', 53: 'a/dns:53' })];
    assert.deepEqual(read(maps), {
      entries: ['UDP 9 a/b:9', 'TCP 53 a/dns:53', 'UDP 53 a/dns:53', 'TCP 5432 a/db:5432'],
      complaints: [],
    });
  });

  test('are not asked for without a flag', () => {
    const { entries } = readStreamEntries(snapshot(configMap('tcp', { 9000: 'a/b:80' })), defaultRoutingOptions);
    assert.deepEqual(entries, []);
  });

  test('are missed where they are named and do not exist', () => {
    assert.deepEqual(read([configMap('tcp', { 9000: 'a/b:80' })]), {
      entries: ['TCP 9000 a/b:80'],
      complaints: [
        'error ConfigMapMissing ConfigMap infra/udp : there is no ConfigMap infra/udp, so no UDP port is opened. Create it, or correct --udp-services-configmap.',
      ],
    });
  });

  test('cannot open a port that Gatehouse needs, whatever the protocol', () => {
    const maps = [configMap('tcp', { 8080: 'a/b:80', 9000: 'a/b:80' }), configMap('udp', { 8080: 'a/b:80' })];
    const reservedPorts = new Map([[8080, 'NGINX listens there for http (--http-port)']]);
    assert.deepEqual(read(maps, { reservedPorts }), {
      entries: ['TCP 9000 a/b:80'],
      complaints: [
        'error StreamPortReserved ConfigMap infra/tcp data["8080"]: TCP port 8080 is not opened, as NGINX listens there for http (--http-port). Choose another port.',
        'error StreamPortReserved ConfigMap infra/udp data["8080"]: UDP port 8080 is not opened, as NGINX listens there for http (--http-port). Choose another port.',
      ],
    });
  });

  test('cannot open a port that is taken, for that protocol alone', () => {
    const maps = [configMap('tcp', { 53: 'a/b:80' }), configMap('udp', { 53: 'a/b:80' })];
    assert.deepEqual(read(maps, { takenPorts: new Map([['UDP 53', 'process 7 (named) listens on it.']]) }), {
      entries: ['TCP 53 a/b:80'],
      complaints: ['error StreamPortTaken ConfigMap infra/udp data["53"]: UDP port 53 is not opened: process 7 (named) listens on it.'],
    });
  });

  test('open UDP ports without the PROXY protocol', () => {
    assert.deepEqual(read([configMap('tcp', {}), configMap('udp', { 53: 'a/b:80:PROXY', 54: 'a/b:80::PROXY' })]), {
      entries: ['UDP 53 a/b:80', 'UDP 54 a/b:80'],
      complaints: [
        'warning StreamProxyIgnored ConfigMap infra/udp data["53"]: UDP port 53 is opened without the PROXY protocol, which is for TCP only. Remove PROXY.',
        'warning StreamProxyIgnored ConfigMap infra/udp data["54"]: UDP port 54 is opened without the PROXY protocol, which is for TCP only. Remove PROXY.',
      ],
    });
  });

  test('open nothing with an NGINX that cannot stream, and only those with entries complain', () => {
    assert.deepEqual(read([configMap('tcp', { 9000: 'a/b:80' }), configMap('udp', {})], { canStream: false }), {
      entries: [],
      complaints: [
        'error StreamUnsupported ConfigMap infra/tcp : no TCP port is opened, as this NGINX cannot pass on TCP and UDP: it has no stream module. Debian has it in the package libnginx-mod-stream.',
      ],
    });
  });
});
