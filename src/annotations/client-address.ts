import { enableRealIp, forwardedForHeader, proxyRealIpCidr, useForwardedHeaders, useProxyProtocol } from './config-keys.ts';
import type { FeatureContext, Keys } from './define.ts';

/**
 * Why a rule that goes by the client's address cannot be carried out: anybody can claim any address, or the address is not known. Undefined where
 * it can. The text goes on after "… is refused: ". Whoever writes `0.0.0.0/0` into `proxy-real-ip-cidr` has said that it is meant.
 */
export function addressProblem(config: FeatureContext<Keys>['config']): string | undefined {
  const byLine = config(useProxyProtocol);
  const byHeader = !byLine && (config(useForwardedHeaders) || config(enableRealIp));
  const { kind } = config(proxyRealIpCidr);
  const unknown = (key: string) => `the addresses of clients are not known, as ${key} of the ConfigMap cannot be used; correct it`;
  if (kind === 'unusable' && (byLine || byHeader)) return unknown(proxyRealIpCidr.key);
  if (config(forwardedForHeader) === '' && byHeader) return unknown(forwardedForHeader.key);
  if (kind !== 'anybody' || !byHeader) return undefined;
  return `anybody can claim any address with a header; write into ${proxyRealIpCidr.key} of the ConfigMap which proxies are in front of NGINX, or 0.0.0.0/0 if nobody else can reach it`;
}
