import type { Front } from '../model/front.ts';
import type { Overrides } from '../model/overrides.ts';
import type { NginxSettings } from '../model/settings.ts';

/** What decides about `listen`. */
export interface Listening {
  readonly settings: NginxSettings;
  readonly front: Front;
  readonly overrides: Overrides;
  /** Whether the https port belongs to `stream`, which passes on what is ended here. */
  readonly isPassedOn: boolean;
}

/** Where HTTP/3 is listened for, over UDP. */
export function http3Port({ http3Port: own, httpsPort }: Pick<NginxSettings, 'http3Port' | 'httpsPort'>): number {
  return own ?? httpsPort;
}

/** What stands before the port in `listen`, for every address at which clients are served. */
export function addressPrefixes(settings: NginxSettings, { addresses, withoutIpv6 }: Overrides): readonly string[] {
  const hasIpv6 = settings.ipv6 && !withoutIpv6;
  if (!addresses?.length) return hasIpv6 ? ['', '[::]:'] : [''];
  const usable = addresses.filter((address) => hasIpv6 || !address.includes(':'));
  // Without any address NGINX would listen at all of them.
  return (usable.length === 0 ? ['127.0.0.1'] : usable).map((address) => (address.includes(':') ? `[${address}]:` : `${address}:`));
}

/**
 * What the https port needs where TLS may be passed on. It stays the same while nobody is passed on: a reload that took it away would do so
 * before the workers leave that need it. NGINX takes it once, where the port is bound.
 */
export function deferral({ enableSslPassthrough = false }: NginxSettings): '' | ' deferred' {
  return enableSslPassthrough ? ' deferred' : '';
}

/**
 * Where only some addresses are served, NGINX takes the ports on all of them all the same, and closes what comes in elsewhere: it binds
 * to nothing that the machine might not have, and a reload can change the list. Empty where all addresses are served.
 */
export function closedListens({ settings, front, overrides, isPassedOn }: Listening): readonly string[] {
  const { addresses, ...others } = overrides;
  if (!addresses?.length) return [];
  const end = `${front.proxyProtocol ? ' proxy_protocol' : ''}${overrides.reusePort ? ' reuseport' : ''}`;
  return addressPrefixes(settings, others).flatMap((prefix) => [
    `${prefix}${settings.httpPort} default_server${end}`,
    ...(isPassedOn ? [] : [`${prefix}${settings.httpsPort} ssl default_server${end}${deferral(settings)}`]),
    ...(overrides.http3 ? [`${prefix}${http3Port(settings)} quic default_server reuseport`] : []),
  ]);
}
