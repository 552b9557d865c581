import type { ConfigKey } from '../annotations/define.ts';

/** Whether names outside of the cluster are only asked for IPv4 addresses. */
export const disableIpv6Dns: ConfigKey<boolean> = { key: 'disable-ipv6-dns', default: false };
