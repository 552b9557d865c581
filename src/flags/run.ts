import type { Command } from 'commander';
import type { NamespacedName } from '../model/objects.ts';
import { logLevel, type ProcessFlags, withProgram } from './process-flags.ts';
import type { PublicPorts } from './public-ports.ts';
import { withRefusedFlags } from './refused.ts';
import type { RoutingFlags } from './routing-flags.ts';
import { controllerFlags, type Flags } from './run-flags.ts';

/** What `gatehouse run` is asked for: the flags of ingress-nginx, where the feature exists here, and a few of our own. */
export interface RunOptions extends RoutingFlags, ProcessFlags, PublicPorts {
  readonly apiserverHost?: string;
  readonly certificateAuthority?: string;
  readonly kubeconfig?: string;
  readonly updateStatus: boolean;
  readonly updateStatusOnShutdown: boolean;
  readonly publishService?: NamespacedName;
  readonly publishStatusAddress: readonly string[];
  readonly reportNodeInternalIpAddress: boolean;
  readonly electionId: string;
  readonly electionTtlMs: number;
  readonly disableLeaderElection: boolean;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly statusPort: number;
  readonly healthzPort: number;
  readonly healthzHost: string;
  readonly enableMetrics: boolean;
  readonly shutdownGraceMs: number;
  readonly nginxMode: 'attach' | 'child';
  readonly enableTopologyAwareRouting: boolean;
  /** The node of this Pod, from `NODE_NAME`. */
  readonly node?: string;
  /** This Pod, from `POD_NAMESPACE` and `POD_NAME`. */
  readonly pod?: NamespacedName;
}

const examples = `
Examples:
  gatehouse run --kubeconfig ~/.kube/config --nginx-mode child --run-directory /tmp/gatehouse
  gatehouse run --publish-service=ingress/gatehouse-controller --ingress-class=nginx`;

/** Declares `gatehouse run`. A flag of ingress-nginx that does not work here is refused by name, with the reason. */
export function declareRun(program: Command, environment: NodeJS.ProcessEnv, choose: (options: RunOptions) => void): void {
  const command = program.command('run').description('Serve the Ingresses of a cluster.');
  for (const flag of controllerFlags) command.addOption(flag());
  withRefusedFlags(command);
  withProgram(command, environment, [
    'what the controller shares with NGINX',
    environment['GATEHOUSE_RUN_DIRECTORY'] ?? '/run/gatehouse/live',
  ])
    .addHelpText('after', examples)
    .action((values: Flags) => choose(runOptions(values, environment)));
}

function runOptions({ v, electionTtl, shutdownGracePeriod, ...values }: Flags, environment: NodeJS.ProcessEnv): RunOptions {
  const { POD_NAMESPACE: namespace, POD_NAME: name, NODE_NAME: node } = environment;
  return {
    ...values,
    electionTtlMs: electionTtl,
    shutdownGraceMs: shutdownGracePeriod * 1000,
    logLevel: logLevel({ ...values, ...(v === undefined ? {} : { v }) }),
    ...(namespace && name ? { pod: { namespace, name } } : {}),
    ...(node ? { node } : {}),
  };
}
