import { fieldsOf } from '../model/api.ts';
import { addressesText } from './status-addresses.ts';

/** The name under which the API server remembers the writes of all replicas of a controller class. */
export function fieldManagerOf(controllerClass: string): string {
  return `gatehouse-${controllerClass.replaceAll('/', '-')}`;
}

/**
 * The version of an Ingress as the API sent it, if its status carries one of the given lists of addresses (any unless given) and the API server
 * remembers the manager as the one who wrote it (Kubernetes "Server-Side Apply", field management); undefined if not.
 */
export function isWrittenBy(
  ingress: unknown,
  manager: string,
  ours?: ReadonlySet<string>,
): { readonly resourceVersion: string } | undefined {
  const metadata = fieldsOf(fieldsOf(ingress)['metadata']);
  const list = fieldsOf(fieldsOf(fieldsOf(ingress)['status'])['loadBalancer'])['ingress'];
  const addresses = (Array.isArray(list) ? list : []).flatMap(addressesIn);
  const { resourceVersion, managedFields } = metadata;
  const isOurs = Array.isArray(managedFields) && managedFields.some((entry) => ownsAddresses(entry, manager));
  const isKnown = ours?.has(addressesText(addresses)) ?? true;
  return isOurs && isKnown && typeof resourceVersion === 'string' ? { resourceVersion } : undefined;
}

function addressesIn(entry: unknown) {
  const { ip, hostname } = fieldsOf(entry);
  return [...(typeof ip === 'string' ? [{ ip }] : []), ...(typeof hostname === 'string' ? [{ hostname }] : [])];
}

function ownsAddresses(entry: unknown, manager: string): boolean {
  const { manager: name, subresource, fieldsV1 } = fieldsOf(entry);
  const owned = fieldsOf(fieldsOf(fieldsOf(fieldsV1)['f:status'])['f:loadBalancer']);
  return name === manager && subresource === 'status' && Object.hasOwn(owned, 'f:ingress');
}
