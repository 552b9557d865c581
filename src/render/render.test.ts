import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { directive } from '../model/directive.ts';
import { noFront } from '../model/front.ts';
import type { Topology } from '../model/routing.ts';
import { createRender } from './render.ts';
import { base, exact, location, prefix, server, settings, small, topology, upstream } from './topology-testbed.ts';

const render = createRender(settings);
const text = (from: Topology) => render(from).files.get('nginx.conf') ?? '';

test('the whole file of a small topology is what it was; UPDATE=1 writes it anew', () => {
  const golden = new URL('small.nginx.conf', import.meta.url);
  if (process.env['UPDATE']) writeFileSync(golden, text(small));
  assert.equal(text(small), readFileSync(golden, 'utf8'));
});

test('the same topology gives the same bytes and the same generation, also from another renderer', () => {
  assert.deepEqual(createRender(settings)(structuredClone(small)), render(small));
});

test('another topology or installation is another generation', () => {
  const generations = [
    render(small),
    render({ ...small, http: [] }),
    createRender({ ...settings, httpPort: 81 })(small),
    createRender({ ...settings, resolverPorts: [20001] })(small),
  ].map((rendered) => rendered.generation);
  assert.equal(new Set(generations).size, generations.length);
});

test('backends are told the ports that clients use, and redirects lead to them', () => {
  const away = createRender({ ...settings, publicHttpPort: 80, publicHttpsPort: 444 })(small).files.get('nginx.conf') ?? '';
  const lines = new Set(text(small).split('\n'));
  const changed = away.split('\n').filter((line) => !lines.has(line) && !/[0-9a-f]{16}/.test(line));
  assert.deepEqual(
    [...new Set(changed.map((line) => line.trim()))],
    ['default 80;', 'on 444;', 'return 301 https://$gatehouse_redirect_host:444$request_uri;'],
  );
});

test('the generation is sixteen hexadecimal digits, and NGINX answers it', () => {
  const { generation, files } = render(small);
  assert.match(generation, /^[0-9a-f]{16}$/);
  assert.match(files.get('nginx.conf') ?? '', new RegExp(`return 200 ${generation};`));
});

test('a host that looks like a place for the generation stays what it is', () => {
  const host = `${'0'.repeat(16)}.example.com`;
  assert.match(text(topology([server({ kind: 'exact', host }, [location(prefix('/'), 404)])])), new RegExp(`server_name ${host};`));
});

test('the upstreams of a generation are listed for those who wait for them', () => {
  assert.deepEqual(render(small).upstreams, ['1111111111', '2222222222', '3333333333', '4444444444', '5555555555']);
});

test('upstreams ask for their endpoints under the usual names, under others, or under both', () => {
  const serversOf = (endpointNames?: 'usual' | 'other' | 'both') => {
    const lines =
      createRender({ ...settings, ...(endpointNames && { endpointNames }) })(small)
        .files.get('nginx.conf')
        ?.split('\n') ?? [];
    return lines.filter((line) => line.includes(' server 1111111111') || line.includes(' server 2222222222')).map((line) => line.trim());
  };
  const usual = serversOf();
  const other = usual.map((line) => line.replace('.ep', '.ep.'));
  assert.match(usual.join(), /^server 1111111111\.ep:\d+ resolve max_fails=0;,server 2222222222\.ep service=ep resolve max_fails=0;$/);
  assert.deepEqual(serversOf('usual'), usual);
  assert.deepEqual(serversOf('other'), other);
  assert.deepEqual(new Set(serversOf('both')), new Set([...usual, ...other]));
});

test('a catch-all application that names /healthz replaces the built-in answer', () => {
  const own = '        location = /healthz {\n            return 200;\n';
  const catchAll = (...locations: Parameters<typeof server>[1]) =>
    text(topology([server({ kind: 'default' }, locations)], [upstream('1111111111')]));
  assert.ok(catchAll(location(prefix('/'), '1111111111')).includes(own));
  assert.ok(!catchAll(location(exact('/healthz'), '1111111111'), location(prefix('/'), 404)).includes(own));
  assert.ok(!catchAll(location(prefix('/'), 404), location(prefix('/healthz'), '1111111111')).includes(own));
});

test('the module for TCP and UDP is loaded where NGINX has it apart, and only for ports that need it', () => {
  const withModule = createRender({ ...settings, streamModule: 'modules/ngx_stream_module.so' });
  const second = (from: Topology) => withModule(from).files.get('nginx.conf')?.split('\n')[1];
  assert.equal(second(small), 'load_module modules/ngx_stream_module.so;');
  assert.equal(second({ ...small, streams: [], streamUpstreams: [] }), 'pid /run/gatehouse/nginx.pid;');
});

test('the module for tracing is loaded only where something is traced, and what the controller and probes ask is not', () => {
  const withModule = createRender({ ...settings, statusPort: 8081, otelModule: 'modules/ngx_otel_module.so' });
  const lines = (from: Topology) => withModule(from).files.get('nginx.conf')?.split('\n') ?? [];
  const blocks = [
    { kind: 'exporter', name: 'otel_exporter', service: 'a $b', settings: [{ name: 'endpoint', value: 'dns:///[::1]:4317' }] },
  ] as const;
  const traced = lines({ ...small, http: [directive('otel_trace', 'on')], base: { ...base, blocks } });
  assert.equal(traced[1], 'load_module modules/ngx_otel_module.so;');
  const otel = traced.filter((line) => line.includes('otel') || line.includes('dns:'));
  assert.deepEqual(
    otel.slice(1).map((line) => line.trim()),
    [
      'otel_exporter {',
      'endpoint "dns:///[::1]:4317";',
      'otel_trace on;',
      'otel_service_name "a $b";',
      'otel_trace off;',
      'otel_trace off;',
      'otel_trace off;',
    ],
  );
  assert.equal(lines(small)[1], 'pid /run/gatehouse/nginx.pid;');
});

test('without a port to pass on there is no stream block', () => {
  assert.doesNotMatch(text({ ...small, streams: [] }), /^stream/m);
  assert.deepEqual(render({ ...small, streams: [] }).upstreams, ['1111111111', '2222222222', '3333333333']);
});

test('where only some addresses are served, the ports are bound on all, and closed on the others', () => {
  const bound = text({ ...small, base: { ...base, overrides: { addresses: ['10.0.0.1', '2001:db8::1'] } } });
  const listens = bound.slice(bound.indexOf('\nstream {')).match(/listen .*;/g) ?? [];
  assert.deepEqual(listens.filter((line) => /[: ](?:53|5433)[ ;]/.test(line)).sort(), [
    'listen 10.0.0.1:53 udp;',
    'listen 10.0.0.1:5433 proxy_protocol;',
    'listen 53 udp reuseport;',
    'listen 5433 proxy_protocol;',
    'listen [2001:db8::1]:53 udp;',
    'listen [2001:db8::1]:5433 proxy_protocol;',
    'listen [::]:53 udp reuseport;',
    'listen [::]:5433 proxy_protocol;',
  ]);
});

test('everybody is believed who the client is behind the PROXY protocol, unless the settings name networks', () => {
  const trusting = (trusted: 'all' | readonly string[]) =>
    text({ ...small, base: { ...base, front: { ...noFront, trusted } } }).match(/set_real_ip_from .*;/g) ?? [];
  assert.deepEqual(trusting('all'), ['set_real_ip_from 0.0.0.0/0;', 'set_real_ip_from "::/0";']);
  assert.deepEqual(trusting([]), []);
});

test('without IPv6 no address of it is listened on', () => {
  const config = createRender({ ...settings, ipv6: false })(small).files.get('nginx.conf') ?? '';
  assert.deepEqual(
    new Set(config.match(/listen [^"]+?;/g)),
    new Set([
      ...['listen 8080 default_server;', 'listen 8443 ssl default_server;', 'listen 8080;', 'listen 8443 ssl;'],
      ...['listen 53 udp reuseport;', 'listen 5432;', 'listen 5433 proxy_protocol;', 'listen 5434 proxy_protocol;'],
    ]),
  );
});

test('the tables of NGINX grow with the number of hosts and upstreams', () => {
  const many = topology(
    Array.from({ length: 3000 }, (_, index) => server({ kind: 'exact', host: `h${index}.test` }, [location(prefix('/'), 404)])),
    Array.from({ length: 3000 }, (_, index) => upstream(index.toString(16).padStart(10, '0'))),
  );
  assert.match(text(many), /server_names_hash_max_size 8192;[\s\S]*map_hash_max_size 8192;[\s\S]*zone gatehouse 64m;/);
  assert.equal(text(many).match(/zone gatehouse \d+m;/g)?.length, 1);
});
