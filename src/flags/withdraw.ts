import { type Command, Option } from 'commander';
import { text } from './flag-forms.ts';

/** What `gatehouse withdraw` is asked for: what it has in common with the `gatehouse run` whose addresses it takes back. */
export interface WithdrawOptions {
  readonly apiserverHost?: string;
  readonly certificateAuthority?: string;
  readonly kubeconfig?: string;
  readonly controllerClass: string;
  readonly electionId: string;
  readonly watchNamespace?: string;
  readonly watchNamespaceSelector?: string;
  /** That of the Lease, from `POD_NAMESPACE`. */
  readonly namespace: string;
  readonly logFormat: 'text' | 'json';
}

const flags = [
  text('apiserver-host', 'URL of the API server, outside of a cluster'),
  text('certificate-authority', 'file with the CA of the API server; together with --apiserver-host'),
  text('kubeconfig', 'file that says how to reach the API server, outside of a cluster'),
  text('controller-class', 'that of the controller', 'k8s.io/ingress-nginx'),
  text('election-id', 'name of its Lease, in the namespace that the variable POD_NAMESPACE names', 'ingress-controller-leader'),
  text('watch-namespace', 'its --watch-namespace'),
  text('watch-namespace-selector', 'its --watch-namespace-selector'),
  () => new Option('--log-format <format>', 'how log lines look').choices(['text', 'json']).default('json'),
];

/** Declares `gatehouse withdraw`. */
export function declareWithdraw(program: Command, environment: NodeJS.ProcessEnv, choose: (options: WithdrawOptions) => void): void {
  const command = program
    .command('withdraw')
    .description('Take the addresses of a controller that is about to be uninstalled out of the status of Ingresses.');
  for (const flag of flags) command.addOption(flag());
  command
    .addHelpText('after', '\nExample:\n  POD_NAMESPACE=ingress gatehouse withdraw --election-id=gatehouse-leader')
    .action((values: Omit<WithdrawOptions, 'namespace'>) => {
      const namespace = environment['POD_NAMESPACE'];
      if (!namespace) command.error('error: the variable POD_NAMESPACE has to name the namespace of the Lease');
      else choose({ ...values, namespace });
    });
}
