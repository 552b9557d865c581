import { type Command, Option } from 'commander';

const noWebhook = 'there is no admission webhook; a bad object is refused when it is read, and its owner is told by an Event.';
const noGeoip = 'stock NGINX has no GeoIP2 module.';
const noSocketMetrics = 'there are no metrics for each request; use the access log.';

/** The flags of ingress-nginx that do not work here, and why. Ignoring one could leave a door open or a port closed without a word. */
export const refusedFlags: Readonly<Record<string, string>> = {
  'sync-period': 'objects are watched, and read anew when a watch breaks.',
  'status-update-interval': 'the status is written when it changes.',
  'dynamic-configuration-retries': 'endpoints are asked for by NGINX every second.',
  'ssl-passthrough-proxy-port': 'TLS is passed on without a proxy in between, so that there is no such port.',
  'enable-ssl-chain-completion': 'put the whole chain into the Secret.',
  'health-check-path': 'it is /healthz.',
  'default-server-port': 'NGINX answers 404 by itself.',
  'stream-port': 'nothing listens there; NGINX is told by files and by DNS.',
  'internal-logger-address': 'there is no chroot image.',
  profiling: 'there is no pprof; Node has its own inspector.',
  'profiler-port': 'there is no pprof; Node has its own inspector.',
  'profiler-address': 'there is no pprof; Node has its own inspector.',
  'validating-webhook': noWebhook,
  'validating-webhook-certificate': noWebhook,
  'validating-webhook-key': noWebhook,
  'disable-full-test': noWebhook,
  'metrics-per-undefined-host': noSocketMetrics,
  'report-status-classes': noSocketMetrics,
  'bucket-factor': noSocketMetrics,
  'exclude-socket-metrics': noSocketMetrics,
  'time-buckets': noSocketMetrics,
  'length-buckets': noSocketMetrics,
  'size-buckets': noSocketMetrics,
  'max-buckets': noSocketMetrics,
  'monitor-max-batch-size': noSocketMetrics,
  'maxmind-edition-ids': noGeoip,
  'maxmind-license-key': noGeoip,
  'maxmind-mirror': noGeoip,
  'maxmind-retries-count': noGeoip,
  'maxmind-retries-timeout': noGeoip,
};

const noApi = 'manifests are read from files.';
const noStatus = 'manifests have no status to write an address into.';
const noReplicas = 'there are no replicas to elect a leader from.';
const noProbes = 'there is no Pod that is probed or measured.';

/** The flags of `gatehouse run` that make no sense without a cluster, and why. */
export const clusterFlags: Readonly<Record<string, string>> = {
  'apiserver-host': noApi,
  'certificate-authority': noApi,
  kubeconfig: noApi,
  'update-status': noStatus,
  'update-status-on-shutdown': noStatus,
  'publish-service': noStatus,
  'publish-status-address': noStatus,
  'report-node-internal-ip-address': noStatus,
  'election-id': noReplicas,
  'election-ttl': noReplicas,
  'disable-leader-election': noReplicas,
  'enable-topology-aware-routing': 'there are no nodes in zones.',
  'status-port': noProbes,
  'healthz-port': noProbes,
  'healthz-host': noProbes,
  'enable-metrics': noProbes,
  'shutdown-grace-period': 'no load balancer has to hear of the end first.',
  'nginx-mode': 'no other container runs NGINX.',
};

const noNginx = 'this command serves nothing.';
const noLog = 'this command has no log; complaints are its output.';

/** The flags of `gatehouse serve` that make no sense for a command that only prints, and why. */
export const servingFlags: Readonly<Record<string, string>> = {
  'worker-processes': noNginx,
  'run-directory': noNginx,
  'access-log': noNginx,
  'log-format': noLog,
  'log-level': noLog,
};

/** Adds flags that are known and do not work, so that they are refused by name and with the reason. */
export function withRefused(command: Command, flags: Readonly<Record<string, string>>, what: string): Command {
  for (const [flag, reason] of Object.entries(flags)) {
    const option = new Option(`--${flag} [value]`).hideHelp().preset('true');
    command.addOption(option.argParser(() => command.error(`error: --${flag} is ${what}: ${reason}`)));
  }
  return command;
}

/** Adds those of ingress-nginx. */
export function withRefusedFlags(command: Command): Command {
  return withRefused(command, refusedFlags, 'a flag of ingress-nginx that does not work here');
}
