import ipaddr from 'ipaddr.js';
import { accepted, cidrList, type Parser } from './parsers.ts';

/** Addresses of clients as `geo`, `allow` and `deny` compare them: each network once. An IPv4 network in the form of IPv6 is written as what it is: NGINX looks for such a client among the IPv4 networks. */
export const networks: Parser<readonly string[]> = (text) => {
  const parsed = cidrList(text);
  return parsed.ok ? accepted([...new Set(parsed.value.map(unmapped))]) : parsed;
};

/** `::ffff:10.0.0.0/104` is `10.0.0.0/8`. */
function unmapped(network: string): string {
  const [address = '', mask] = network.split('/');
  const parsed = ipaddr.parse(address);
  if (!(parsed instanceof ipaddr.IPv6) || !parsed.isIPv4MappedAddress()) return network;
  const plain = parsed.toIPv4Address().toString();
  return mask === undefined ? plain : `${plain}/${Number(mask) - 96}`;
}
