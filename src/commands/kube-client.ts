import { createKubeApi, type KubeApi } from '../sources/kube-api.ts';

/** How the API server is reached; nothing of it inside of a Pod. */
export interface KubeClientOptions {
  readonly kubeconfig?: string;
  readonly apiserverHost?: string;
  readonly certificateAuthority?: string;
}

/** Connects to the API server. `purpose` is what its audit log shows beside the version. */
export function createKubeClient(options: KubeClientOptions, version: string, purpose: string): KubeApi {
  const { kubeconfig, apiserverHost, certificateAuthority } = options;
  return createKubeApi({
    userAgent: `gatehouse/${version} (${purpose})`,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(apiserverHost === undefined ? {} : { server: apiserverHost }),
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
  });
}
