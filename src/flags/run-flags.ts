import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { bool, duration, type Flag, listen, named, text } from './flag-forms.ts';
import { acceptedFlags, processFlags } from './process-flags.ts';
import { publicPortFlags } from './public-ports.ts';
import { routingFlags } from './routing-flags.ts';
import type { RunOptions } from './run.ts';
import { list } from './values.ts';

/** The values of the flags as they are parsed, before the environment adds to them. */
export type Flags = Omit<RunOptions, 'electionTtlMs' | 'shutdownGraceMs' | 'pod' | 'node'> & {
  readonly v?: string;
  readonly electionTtl: number;
  readonly shutdownGracePeriod: number;
};

/** The flags that work here, in the order of the help. */
export const controllerFlags: readonly Flag[] = [
  text('apiserver-host', 'URL of the API server, outside of a cluster'),
  text('certificate-authority', 'file with the CA of the API server; together with --apiserver-host'),
  text('kubeconfig', 'file that says how to reach the API server, outside of a cluster'),
  text('ingress-class', 'value of the annotation kubernetes.io/ingress.class that is ours', 'nginx'),
  ...routingFlags,
  bool('update-status', 'write the address into the status of Ingresses', true),
  bool('update-status-on-shutdown', 'withdraw it when the last replica ends', true),
  named('publish-service', 'Service whose address is written into the status'),
  () => new Option('--publish-status-address <list>', 'addresses to write instead, separated by commas').default([]).argParser(list),
  bool(
    'report-node-internal-ip-address',
    'without both: write the internal addresses of the nodes of this controller, even where a node has an external one',
    false,
  ),
  text('election-id', 'name of the Lease', 'ingress-controller-leader'),
  duration('election-ttl', 'how long a leader that is silent stays the leader', 30_000, 'ms'),
  bool('disable-leader-election', 'do not elect; nobody writes status and Events', false),
  listen('http-port', 'where NGINX listens for http', 80),
  listen('https-port', 'where NGINX listens for https', 443),
  ...publicPortFlags,
  bool(
    'enable-topology-aware-routing',
    'prefer endpoints that EndpointSlices mean for the zone of the node that the variable NODE_NAME names',
    false,
  ),
  listen('status-port', 'where NGINX answers /healthz for the readiness probe', 10246),
  listen('healthz-port', 'where the controller answers /healthz, /readyz and /metrics', 10254),
  text('healthz-host', 'address to answer them at', ''),
  bool('enable-metrics', 'answer /metrics', false),
  duration('shutdown-grace-period', 'how long to stay up, not ready, before NGINX is told to quit', 0, 's'),
  () =>
    new Option('--nginx-mode <mode>', 'attach: another container runs NGINX; child: the controller starts it')
      .choices(['attach', 'child'])
      .default('child'),
  ...processFlags({ workerProcesses: availableParallelism(), accessLog: '/dev/stdout', logFormat: 'json' }),
  ...acceptedFlags,
];
