import { InvalidArgumentError, Option } from 'commander';
import type { NamespacedName } from '../model/objects.ts';
import type { RunOptions } from './run.ts';
import { port, positive } from './values.ts';

/** The values of the flags as they are parsed, before the environment adds to them. */
export type Flags = Omit<RunOptions, 'electionTtlMs' | 'shutdownGraceMs' | 'workerProcesses' | 'pod'> & {
  readonly v?: string;
  readonly electionTtl: number;
  readonly shutdownGracePeriod: number;
  readonly workerProcesses?: number;
};

const text = (name: string, what: string, fallback?: string) => () => new Option(`--${name} <value>`, what).default(fallback);

/** As Go's flags: the bare name means true, and a value follows `=`. */
const bool = (name: string, what: string, fallback: boolean) => () =>
  new Option(`--${name} [bool]`, what).default(fallback).preset('true').argParser(goBool);

const named = (name: string, what: string) => () => new Option(`--${name} <namespace/name>`, what).argParser(namespacedName);

const listen = (name: string, what: string, fallback: number) => () =>
  new Option(`--${name} <port>`, what).default(fallback).argParser(port);

const duration = (name: string, what: string, fallback: number, unit: 's' | 'ms') => () =>
  new Option(`--${name} <duration>`, what).default(fallback).argParser((value: string) => goDuration(value, unit));

/** Accepted for old command lines: what they ask for is how Gatehouse always works. */
const accepted = (name: string) => () => new Option(`--${name} [value]`).hideHelp();

/** The flags that work here, in the order of the help. */
export const controllerFlags: readonly (() => Option)[] = [
  text('apiserver-host', 'URL of the API server, outside of a cluster'),
  text('certificate-authority', 'file with the CA of the API server; together with --apiserver-host'),
  text('kubeconfig', 'file that says how to reach the API server, outside of a cluster'),
  text('watch-namespace', 'serve only this namespace'),
  text('watch-namespace-selector', 'serve only namespaces with these labels'),
  text('ingress-class', 'value of the annotation kubernetes.io/ingress.class that is ours', 'nginx'),
  text('controller-class', 'spec.controller of the IngressClasses that are ours', 'k8s.io/ingress-nginx'),
  bool('ingress-class-by-name', 'an IngressClass that is named like --ingress-class is ours too', false),
  bool('watch-ingress-without-class', 'Ingresses without a class are ours too', false),
  bool('disable-catch-all', 'ignore Ingresses with spec.defaultBackend', false),
  bool('disable-svc-external-name', 'treat Services of type ExternalName as without endpoints', false),
  text('annotations-prefix', 'prefix of all annotation keys', 'nginx.ingress.kubernetes.io'),
  named('configmap', 'the ConfigMap with the settings of the controller'),
  named('default-backend-service', 'Service that answers what no rule matches; its first port'),
  named('default-ssl-certificate', 'Secret with the certificate for hosts without one'),
  bool('update-status', 'write the address into the status of Ingresses', true),
  bool('update-status-on-shutdown', 'withdraw it when the last replica ends', true),
  named('publish-service', 'Service whose address is written into the status'),
  () => new Option('--publish-status-address <list>', 'addresses to write instead, separated by commas').default([]).argParser(list),
  text('election-id', 'name of the Lease', 'ingress-controller-leader'),
  duration('election-ttl', 'how long a leader that is silent stays the leader', 30_000, 'ms'),
  bool('disable-leader-election', 'do not elect; nobody writes status and Events', false),
  listen('http-port', 'where NGINX listens for http', 80),
  listen('https-port', 'where NGINX listens for https', 443),
  listen('status-port', 'where NGINX answers /healthz for the readiness probe', 10246),
  listen('healthz-port', 'where the controller answers /healthz, /readyz and /metrics', 10254),
  text('healthz-host', 'address to answer them at', ''),
  bool('enable-metrics', 'answer /metrics', false),
  duration('shutdown-grace-period', 'how long to stay up, not ready, before NGINX is told to quit', 0, 's'),
  () =>
    new Option('--nginx-mode <mode>', 'attach: another container runs NGINX; child: the controller starts it')
      .choices(['attach', 'child'])
      .default('child'),
  () => new Option('--worker-processes <number>', 'worker processes of NGINX (default: the number of processors)').argParser(positive),
  text('access-log', 'file for access lines, or off', '/dev/stdout'),
  () => new Option('--log-format <format>', 'how log lines look').choices(['text', 'json']).default('json'),
  () => new Option('--log-level <level>', 'the least important lines to print').choices(['debug', 'info', 'warn', 'error']).default('info'),
  () => new Option('--enable-annotation-validation [bool]').hideHelp().argParser(alwaysTrue),
  ...['post-shutdown-grace-period', 'health-check-timeout', 'deep-inspect'].map(accepted),
  ...['disable-sync-events', 'sync-rate-limit', 'metrics-per-host', 'logtostderr', 'stderrthreshold', 'alsologtostderr'].map(accepted),
];

/** Go's strconv.ParseBool. */
function goBool(value: string): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false;
  throw new InvalidArgumentError('write true or false.');
}

function alwaysTrue(value: string): boolean {
  if (goBool(value)) return true;
  throw new InvalidArgumentError('annotations are always validated here.');
}

function namespacedName(value: string): NamespacedName {
  const [, namespace, name] = /^([a-z0-9.-]+)\/([a-z0-9.-]+)$/.exec(value) ?? [];
  if (namespace === undefined || name === undefined) throw new InvalidArgumentError('write namespace/name.');
  return { namespace, name };
}

function list(value: string): readonly string[] {
  return value.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));
}

/** A number, or Go's time.ParseDuration without fractions: `30s`, `1m30s`, `500ms`. A bare number is in the unit of the flag in ingress-nginx: seconds. */
function goDuration(value: string, unit: 's' | 'ms'): number {
  const inMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
  const parts = [...value.matchAll(/(\d+)(ms|s|m|h)/g)];
  const whole = parts.map((part) => part[0]).join('') === value;
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1000
    : parts.reduce((sum, part) => sum + Number(part[1]) * inMs[part[2] as keyof typeof inMs], 0);
  if ((!whole && !/^\d+$/.test(value)) || value === '') throw new InvalidArgumentError('write a duration such as 30s or 1m.');
  return unit === 'ms' ? ms : Math.round(ms / 1000);
}
