import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../model/objects.ts';
import type { Outcome, ReloadCause } from '../model/outcome.ts';
import type { Reconciled } from '../model/reconciled.ts';
import { certificate } from '../routing/certificates-testbed.ts';
import { build, ingress, path, rule, secret, service, slice, snapshot, to } from '../routing/objects-testbed.ts';
import { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';

const constantLabels = { controller_namespace: 'gatehouse', controller_class: 'k8s.io/ingress-nginx', controller_pod: 'gatehouse-1' };
const labelText = 'controller_namespace="gatehouse",controller_class="k8s.io/ingress-nginx",controller_pod="gatehouse-1"';
const usage = {
  processes: 3,
  cpuSeconds: 1.5,
  readBytes: 10,
  writtenBytes: 20,
  residentBytes: 4096,
  virtualBytes: 8192,
  oldestStart: 1_900_000_000.25,
};

function create(options: Partial<MetricsOptions> = {}): Metrics {
  return createMetrics({
    constantLabels,
    version: '0.1.0',
    isLeader: () => true,
    electionId: 'ingress-controller-leader',
    nginx: { usage: async () => usage },
    epoch: () => 1_900_000_000_500,
    ...options,
  });
}

function reconciled(outcome: Outcome, ...objects: readonly KubeObject[]): Reconciled {
  const built = build(objects);
  return { snapshot: snapshot(...objects), built, diagnostics: built.diagnostics, outcome, milliseconds: 40 };
}

/** The lines whose name begins so, without the labels that every line has. */
async function lines(metrics: Metrics, ...names: readonly string[]): Promise<readonly string[]> {
  const page = await metrics.text();
  return page
    .split('\n')
    .filter((line) => names.some((name) => line.startsWith(name)))
    .map((line) => line.replace(`,${labelText}`, '').replace(`{${labelText}}`, ''));
}

function reloaded(cause: ReloadCause, generation = '00000000000000ff'): Outcome {
  return { kind: 'reloaded', generation, cause, reason: 'for people', milliseconds: 30 };
}
const rejected: Outcome = { kind: 'rejected', stage: 'test', message: 'no' };
const web = [
  ingress('web', { rules: [rule('a.example.com', path('/'), path('/gone', 'Prefix', to('gone')), path('/idle', 'Prefix', to('idle')))] }),
  service('web'),
  service('idle'),
  slice('web', ['10.0.0.1', '10.0.0.2']),
];

test('batches, reloads, objects, complaints and what is served are counted', async () => {
  const metrics = create();
  metrics.observe(reconciled(reloaded('first'), ...web), 0.2);
  metrics.observe(reconciled(reloaded('hosts', 'abcdef0123456789'), ...web));
  metrics.observe(reconciled({ kind: 'live', endpoints: 1, certificates: 0, files: 0 }, ...web));
  metrics.observe(reconciled({ kind: 'unchanged' }, ...web));
  metrics.observe(reconciled(rejected, ...web));
  assert.deepEqual(
    await lines(
      metrics,
      'gatehouse_reconciles_total',
      'gatehouse_reloads',
      'gatehouse_objects',
      'gatehouse_diagnostics',
      'gatehouse_generation',
      'gatehouse_hosts',
      'gatehouse_upstreams',
      'gatehouse_endpoints',
      'gatehouse_event_to_live_seconds_sum',
      'gatehouse_event_to_live_seconds_count',
      'gatehouse_reconcile_duration_seconds_count',
    ),
    [
      'gatehouse_reconciles_total{outcome="reloaded"} 2',
      'gatehouse_reconciles_total{outcome="live"} 1',
      'gatehouse_reconciles_total{outcome="unchanged"} 1',
      'gatehouse_reconciles_total{outcome="rejected"} 1',
      'gatehouse_reconcile_duration_seconds_count 5',
      'gatehouse_event_to_live_seconds_sum 0.2',
      'gatehouse_event_to_live_seconds_count 1',
      'gatehouse_reloads_total{reason="first",result="success"} 1',
      'gatehouse_reloads_total{reason="hosts",result="success"} 1',
      'gatehouse_reloads_total{reason="unknown",result="test"} 1',
      'gatehouse_objects{kind="Ingress"} 1',
      'gatehouse_objects{kind="IngressClass"} 0',
      'gatehouse_objects{kind="Service"} 2',
      'gatehouse_objects{kind="EndpointSlice"} 1',
      'gatehouse_objects{kind="Secret"} 0',
      'gatehouse_objects{kind="ConfigMap"} 0',
      'gatehouse_objects{kind="Namespace"} 0',
      'gatehouse_diagnostics{code="ServiceMissing",severity="error"} 1',
      'gatehouse_diagnostics{code="ServiceWithoutEndpoints",severity="warning"} 1',
      'gatehouse_generation_info{generation="abcdef0123456789"} 1',
      'gatehouse_hosts 1',
      'gatehouse_upstreams 2',
      'gatehouse_endpoints 2',
    ],
  );
});

test('a reload that failed is counted by its cause and the stage that it failed at', async () => {
  const metrics = create();
  metrics.observe(reconciled({ kind: 'rejected', stage: 'verify', message: 'late', cause: 'upstreams' }));
  assert.deepEqual(await lines(metrics, 'gatehouse_reloads_total'), ['gatehouse_reloads_total{reason="upstreams",result="verify"} 1']);
});

test('the figures that ingress-nginx has are there under its names', async () => {
  const metrics = create();
  metrics.observe(reconciled(reloaded('first', '000000000000ffff'), ...web));
  metrics.observe(reconciled(rejected, ...web));
  const names = ['build_info', 'leader', 'config', 'success', 'errors', 'orphan'].map((name) => `nginx_ingress_controller_${name}`);
  assert.deepEqual(await lines(metrics, ...names), [
    `nginx_ingress_controller_config_hash ${0xf}`,
    'nginx_ingress_controller_config_last_reload_successful 0',
    'nginx_ingress_controller_config_last_reload_successful_timestamp_seconds 1900000000',
    'nginx_ingress_controller_success 1',
    'nginx_ingress_controller_errors 1',
    'nginx_ingress_controller_orphan_ingress{namespace="default",ingress="web",type="no-service"} 1',
    'nginx_ingress_controller_orphan_ingress{namespace="default",ingress="web",type="no-endpoint"} 1',
    'nginx_ingress_controller_build_info{release="0.1.0",build="",repository=""} 1',
    'nginx_ingress_controller_leader_election_status{name="ingress-controller-leader"} 1',
  ]);
});

test('the labels of ingress-nginx are on every line, also on those of the library', async () => {
  const page = await create().text();
  const without = page.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.includes(labelText));
  assert.deepEqual(without, []);
  assert.match(page, /^process_resident_memory_bytes\{/m);
});

test('the processes of NGINX are read for each page, and left out while it does not run', async () => {
  let now: typeof usage | undefined = usage;
  const metrics = create({ nginx: { usage: async () => now } });
  const expected = [
    'nginx_ingress_controller_nginx_process_num_procs 3',
    'nginx_ingress_controller_nginx_process_cpu_seconds_total 1.5',
    'nginx_ingress_controller_nginx_process_read_bytes_total 10',
    'nginx_ingress_controller_nginx_process_write_bytes_total 20',
    'nginx_ingress_controller_nginx_process_resident_memory_bytes 4096',
    'nginx_ingress_controller_nginx_process_virtual_memory_bytes 8192',
    'nginx_ingress_controller_nginx_process_oldest_start_time_seconds 1900000000.25',
  ];
  for (let page = 0; page < 2; page += 1) assert.deepEqual(await lines(metrics, 'nginx_ingress_controller_nginx_process'), expected);
  now = undefined;
  assert.deepEqual(await lines(metrics, 'nginx_ingress_controller_nginx_process'), ['nginx_ingress_controller_nginx_process_num_procs 0']);
});

test('connections and requests are shown where NGINX tells them', async () => {
  const status = { active: 5, reading: 1, writing: 2, waiting: 2, accepted: 40, handled: 39, requests: 100 };
  const metrics = create({ nginx: { usage: async () => undefined, status: async () => status } });
  for (let page = 0; page < 2; page += 1)
    assert.deepEqual(
      await lines(metrics, 'nginx_ingress_controller_nginx_process_connections', 'nginx_ingress_controller_nginx_process_requests'),
      [
        'nginx_ingress_controller_nginx_process_connections{state="active"} 5',
        'nginx_ingress_controller_nginx_process_connections{state="reading"} 1',
        'nginx_ingress_controller_nginx_process_connections{state="writing"} 2',
        'nginx_ingress_controller_nginx_process_connections{state="waiting"} 2',
        'nginx_ingress_controller_nginx_process_connections_total{state="accepted"} 40',
        'nginx_ingress_controller_nginx_process_connections_total{state="handled"} 39',
        'nginx_ingress_controller_nginx_process_requests_total 100',
      ],
    );
});

test('the leader shows when certificates end; a follower does not', async () => {
  let leads = true;
  const made = await certificate({ names: ['a.example.com'], notAfter: '2027-01-01T00:00:00Z' });
  const objects = [
    ingress('web', { rules: [rule('a.example.com', path('/'))], tls: [{ hosts: ['a.example.com'], secretName: 'cert' }] }),
    service('web'),
    secret('cert', { 'tls.crt': made.pem, 'tls.key': made.key }),
  ];
  const metrics = create({ isLeader: () => leads });
  metrics.observe(reconciled({ kind: 'unchanged' }, ...objects));
  const serial = made.certificate.serialNumber.toUpperCase();
  const labels = `namespace="default",class="k8s.io/ingress-nginx",host="a.example.com",secret_name="cert",identifier="${serial}"`;
  const issuer = 'issuer_organization="",issuer_common_name="test"';
  for (let page = 0; page < 2; page += 1)
    assert.deepEqual(await lines(metrics, 'nginx_ingress_controller_ssl'), [
      `nginx_ingress_controller_ssl_certificate_info{${labels},${issuer},serial_number="${serial}",public_key_algorithm="EC"} 1`,
      `nginx_ingress_controller_ssl_expire_time_seconds{${labels}} ${Date.parse('2027-01-01T00:00:00Z') / 1000}`,
    ]);
  leads = false;
  assert.deepEqual(await lines(metrics, 'nginx_ingress_controller_ssl'), []);
});
