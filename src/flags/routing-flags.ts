import { Option } from 'commander';
import type { NamespacedName } from '../model/objects.ts';
import { bool, type Flag, named, text } from './flag-forms.ts';
import { annotationsPrefix } from './values.ts';

/** What all commands take: the flags of ingress-nginx that mean the same in a cluster and in a folder. */
export interface RoutingFlags {
  readonly ingressClass: string;
  readonly controllerClass: string;
  readonly ingressClassByName: boolean;
  readonly watchIngressWithoutClass: boolean;
  readonly disableCatchAll: boolean;
  readonly disableSvcExternalName: boolean;
  readonly annotationsPrefix: string;
  readonly ignoreSnippets: boolean;
  readonly enableSslPassthrough: boolean;
  readonly watchNamespace?: string;
  readonly watchNamespaceSelector?: string;
  readonly configmap?: NamespacedName;
  readonly defaultBackendService?: NamespacedName;
  readonly defaultSslCertificate?: NamespacedName;
  readonly tcpServicesConfigmap?: NamespacedName;
  readonly udpServicesConfigmap?: NamespacedName;
}

/** Their declarations, in the order of the help. Only the default of `--ingress-class` is each command's own. */
export const routingFlags: readonly Flag[] = [
  text('watch-namespace', 'serve only this namespace'),
  () => new Option('--watch-namespace-selector <value>', 'serve only namespaces with these labels').conflicts('watchNamespace'),
  text('controller-class', 'spec.controller of the IngressClasses that are ours', 'k8s.io/ingress-nginx'),
  bool('ingress-class-by-name', 'an IngressClass that is named like --ingress-class is ours too', false),
  bool('watch-ingress-without-class', 'Ingresses without a class are ours too', false),
  bool('disable-catch-all', 'ignore Ingresses with spec.defaultBackend', false),
  bool('disable-svc-external-name', 'treat Services of type ExternalName as without endpoints', false),
  () =>
    new Option('--annotations-prefix <value>', 'prefix of all annotation keys')
      .default('nginx.ingress.kubernetes.io')
      .argParser(annotationsPrefix),
  bool('ignore-snippets', 'serve what has snippets without them, instead of answering 503', false),
  bool('enable-ssl-passthrough', 'pass the TLS of hosts with the annotation ssl-passthrough on as it is', false),
  named('configmap', 'the ConfigMap with the settings of the controller'),
  named('default-backend-service', 'Service that answers what no rule matches; its first port'),
  named('default-ssl-certificate', 'Secret with the certificate for hosts without one'),
  named('tcp-services-configmap', 'the ConfigMap of TCP ports: port to namespace/service:port'),
  named('udp-services-configmap', 'the ConfigMap of UDP ports: port to namespace/service:port'),
];
