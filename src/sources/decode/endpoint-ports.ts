import type { EndpointPort } from '../../model/objects.ts';
import { fieldOf, itemOf } from '../field-path.ts';
import type { Issues } from './issues.ts';
import { check, checkPort, label, oneOf } from './names.ts';
import { integer, listOf, type Of, object, text } from './shapes.ts';

/** `ports` of Endpoints and EndpointSlice, which are alike. */
export const endpointPortsShape = listOf(object({ appProtocol: text, name: text, port: integer, protocol: text }));

/** Reads the ports of endpoints. One without number ("all ports", allowed in an EndpointSlice) is left out: nothing can be sent to it. */
export function readEndpointPorts(raw: Of<typeof endpointPortsShape>, field: string, issues: Issues): readonly EndpointPort[] {
  const names = new Set<string>();
  return raw.flatMap((entry, index) => {
    const at = itemOf(field, index);
    const name = entry.name ?? '';
    if (name !== '') check(name, label, fieldOf(at, 'name'), issues);
    if (names.has(name))
      issues.invalid(fieldOf(at, 'name'), name === '' ? 'is required when there is more than one port' : `"${name}" is there twice`);
    names.add(name);
    const protocol = oneOf(entry.protocol || 'TCP', ['TCP', 'UDP', 'SCTP'] as const, fieldOf(at, 'protocol'), issues) ?? 'TCP';
    if (entry.port === undefined) return [];
    checkPort(entry.port, fieldOf(at, 'port'), issues);
    return [{ name, port: entry.port, protocol }];
  });
}
