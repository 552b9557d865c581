import { Counter, Gauge, type Registry } from 'prom-client';
import type { Reconciled } from '../model/reconciled.ts';
import type { MetricsOptions } from './metrics.ts';
import { type CertificateFacts, certificateFacts } from './metrics-certificates.ts';

const prefix = 'nginx_ingress_controller_';

/** What ingress-nginx calls an Ingress whose Service is not there, or has nothing behind it. */
const orphanTypes: Readonly<Record<string, string>> = { ServiceMissing: 'no-service', ServiceWithoutEndpoints: 'no-endpoint' };

const certificateLabels = ['namespace', 'class', 'host', 'secret_name', 'identifier'];

interface Figures {
  readonly observe: (result: Reconciled) => void;
  /** Brings up to date what is not known by the batch alone. */
  readonly refresh: () => void;
}

/** Adds the figures that ingress-nginx has too, under its names and labels, so that dashboards and alerts keep working. */
export function addIngressNginxMetrics(register: Registry, options: MetricsOptions): Figures {
  const observeReloads = addReloads(register, options);
  const observeOrphans = addOrphans(register);
  const certificates = addCertificates(register, options);
  const registers = [register];
  new Gauge({
    name: `${prefix}build_info`,
    help: 'The version of the controller',
    labelNames: ['release', 'build', 'repository'],
    registers,
  }).set({ release: options.version, build: '', repository: '' }, 1);
  const leader = new Gauge({
    name: `${prefix}leader_election_status`,
    help: 'Whether this replica is the leader: 1, or 0 for a follower',
    labelNames: ['name'],
    registers,
  });
  return {
    observe(result) {
      observeReloads(result);
      observeOrphans(result);
      certificates.observe(result);
    },
    refresh() {
      leader.set({ name: options.electionId }, Number(options.isLeader()));
      certificates.refresh();
    },
  };
}

function addReloads(register: Registry, { epoch }: MetricsOptions): (result: Reconciled) => void {
  const registers = [register];
  const hash = new Gauge({ name: `${prefix}config_hash`, help: 'The generation that NGINX runs, as a number', registers });
  const successful = new Gauge({
    name: `${prefix}config_last_reload_successful`,
    help: 'Whether the last attempt to bring in a configuration succeeded',
    registers,
  });
  const when = new Gauge({
    name: `${prefix}config_last_reload_successful_timestamp_seconds`,
    help: 'When a configuration was last brought in, in seconds since 1970',
    registers,
  });
  const success = new Counter({ name: `${prefix}success`, help: 'Reloads that succeeded', registers });
  const errors = new Counter({ name: `${prefix}errors`, help: 'Configurations that were not brought in', registers });
  return ({ outcome }) => {
    if (outcome.kind === 'rejected') {
      successful.set(0);
      errors.inc();
    }
    if (outcome.kind !== 'reloaded') return;
    // Thirteen digits are what a floating point number holds exactly.
    hash.set(Number.parseInt(outcome.generation.slice(0, 13), 16));
    successful.set(1);
    when.set(Math.floor(epoch() / 1000));
    success.inc();
  };
}

function addOrphans(register: Registry): (result: Reconciled) => void {
  const orphans = new Gauge({
    name: `${prefix}orphan_ingress`,
    help: 'Ingresses with a Service that is missing or has no endpoints',
    labelNames: ['namespace', 'ingress', 'type'],
    registers: [register],
  });
  return ({ diagnostics }) => {
    orphans.reset();
    for (const { code, object } of diagnostics) {
      const type = orphanTypes[code];
      if (type !== undefined && object.kind === 'Ingress') orphans.set({ namespace: object.namespace, ingress: object.name, type }, 1);
    }
  };
}

/** By the leader alone, as in ingress-nginx; read from the certificates when somebody asks. */
function addCertificates(register: Registry, options: MetricsOptions): Figures {
  let latest: Reconciled | undefined;
  const registers = [register];
  const info = new Gauge({
    name: `${prefix}ssl_certificate_info`,
    help: 'The certificate that is served for a host',
    labelNames: [...certificateLabels, 'issuer_organization', 'issuer_common_name', 'serial_number', 'public_key_algorithm'],
    registers,
  });
  const expires = new Gauge({
    name: `${prefix}ssl_expire_time_seconds`,
    help: 'When the certificate that is served for a host ends, in seconds since 1970',
    labelNames: certificateLabels,
    registers,
  });
  const set = (facts: CertificateFacts): void => {
    const { namespace, host, secretName: secret_name, serialNumber: serial_number } = facts;
    const labels = { namespace, class: options.constantLabels.controller_class, host, secret_name, identifier: serial_number };
    const issuer = { issuer_organization: facts.issuerOrganization, issuer_common_name: facts.issuerCommonName };
    expires.set(labels, facts.expires);
    info.set({ ...labels, ...issuer, serial_number, public_key_algorithm: facts.publicKeyAlgorithm }, 1);
  };
  return {
    observe(result) {
      latest = result;
    },
    refresh() {
      expires.reset();
      info.reset();
      if (latest && options.isLeader()) for (const facts of certificateFacts(latest)) set(facts);
    },
  };
}
