/** What `run` says about the cluster, and the names that the scenarios share. */
export const settings = {
  /** The image under test, which the cluster has or can pull: `REPOSITORY:TAG`. */
  image: process.env['GATEHOUSE_E2E_IMAGE'] ?? '',
  /** An address that reaches a node and is free for `externalIPs`. */
  externalIp: process.env['GATEHOUSE_E2E_EXTERNAL_IP'],
  /** Whether Services of type LoadBalancer get an address. */
  hasLoadBalancer: process.env['GATEHOUSE_E2E_LOAD_BALANCER'] === 'yes',
  release: 'gatehouse',
  /** Pod Security "restricted" is enforced here. */
  releaseNamespace: 'gatehouse-e2e',
  /** The backends and Ingresses. */
  appNamespace: 'gatehouse-e2e-app',
  otherNamespace: 'gatehouse-e2e-other',
  className: 'gatehouse-e2e',
} as const;
