import { isIP } from 'node:net';
import type { LoadBalancerAddress, Service } from '../model/objects.ts';

/** The addresses of `--publish-status-address`: IP addresses and names, separated by commas. */
export function readAddresses(list: string): readonly LoadBalancerAddress[] {
  return sortAddresses(
    list
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .map(addressOf),
  );
}

/**
 * The addresses under which a Service is reached, by the rules of ingress-nginx's `--publish-service`: those of the load balancer
 * and the external ones; of a ClusterIP its own; of a NodePort the external ones, or else its own; of an ExternalName the name.
 */
export function addressesOf(service: Service): readonly LoadBalancerAddress[] {
  const external = service.externalIPs.map(addressOf);
  const own = service.clusterIP === undefined ? [] : [addressOf(service.clusterIP)];
  switch (service.type) {
    case 'LoadBalancer':
      return sortAddresses([...service.loadBalancer, ...external]);
    case 'ClusterIP':
      return own;
    case 'NodePort':
      return external.length > 0 ? sortAddresses(external) : own;
    case 'ExternalName':
      return service.externalName === undefined ? [] : [addressOf(service.externalName)];
  }
}

/** Sorted and without duplicates, so that two lists can be compared. */
export function sortAddresses(addresses: readonly LoadBalancerAddress[]): readonly LoadBalancerAddress[] {
  const byText = new Map(addresses.map((address) => [textOf(address), address]));
  return [...byText.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}

/** Whether two lists name the same addresses, in whatever order. */
export function sameAddresses(a: readonly LoadBalancerAddress[], b: readonly LoadBalancerAddress[]): boolean {
  return addressesText(a) === addressesText(b);
}

/** One text for all lists of the same addresses. */
export function addressesText(addresses: readonly LoadBalancerAddress[]): string {
  return sortAddresses(addresses).map(textOf).join(' ');
}

/** Names after addresses, as ingress-nginx orders them. */
function textOf(address: LoadBalancerAddress): string {
  return 'ip' in address ? `0 ${address.ip}` : `1 ${address.hostname}`;
}

function addressOf(text: string): LoadBalancerAddress {
  return isIP(text) ? { ip: text } : { hostname: text };
}
