import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { noEndpointAddress } from '../model/endpoint-names.ts';
import type { UpstreamId } from '../model/routing.ts';
import type { Endpoint } from '../model/runtime.ts';
import { mostRecordBytes, nameKey, noRecords, type Records, recordType } from './dns-message.ts';

/** What is answered for one upstream, ready to be put behind a question. */
export interface EndpointAnswers {
  readonly a: Records;
  readonly aaaa: Records;
  readonly srv: Records;
  /** Whether a message, which ends at 65,535 bytes, does not hold all: some endpoints get no requests. */
  readonly shortened: boolean;
}

/** Endpoints change at any moment: with 0, NGINX asks again after one second, its shortest time. */
const endpointTtl = 0;
/** The name of a target says its address, so the answer is never out of date, and NGINX asks for each only once an hour. */
const targetTtl = 3600;
const targetZone = 'ip';
/** Nothing connects to it: it only has to be there, since SRV records need a port. */
const noEndpointPort = 9;

interface Address {
  readonly family: 4 | 6;
  readonly hex: string;
  readonly port: number;
}

/**
 * Builds what NGINX is told about the endpoints of one upstream. Without endpoints that is an address to which connections fail
 * at once: after an empty answer NGINX would not ask again for eleven seconds.
 */
export function buildAnswers(endpoints: readonly Endpoint[]): EndpointAnswers {
  const shown = endpoints.length > 0 ? endpoints : [{ address: noEndpointAddress, port: noEndpointPort }];
  const addresses = shown.map(parseEndpoint);
  const a = fit(distinct(addresses.filter(({ family }) => family === 4).map(({ hex }) => hex)).map(addressRecord(endpointTtl)));
  const aaaa = fit(distinct(addresses.filter(({ family }) => family === 6).map(({ hex }) => hex)).map(addressRecord(endpointTtl)));
  const srv = fit(distinct(addresses.map(targetLabel)).map(serviceRecord));
  return { a: a.records, aaaa: aaaa.records, srv: srv.records, shortened: a.shortened || aaaa.shortened || srv.shortened };
}

/**
 * Throws for what cannot be put into a record, so that the mistake shows where the endpoints come from and not in the DNS thread.
 * Both are promises of the model: ids are DNS labels, addresses are addresses.
 */
export function assertPublishable(id: UpstreamId, endpoints: readonly Endpoint[]): void {
  if (!/^[a-z0-9-]{1,63}$/.test(id)) throw new TypeError(`the upstream id "${id}" is not a DNS label in lower case`);
  for (const { address, port } of endpoints) {
    if (isIP(address) === 0 || address.includes('%')) throw new TypeError(`upstream ${id}: "${address}" is not an IP address`);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new TypeError(`upstream ${id}: ${port} is not a port (1 to 65535)`);
  }
}

/** Answers for the target of an SRV record from its name alone; undefined when the name is none of ours. */
export function buildTargetAnswers(key: string): Pick<EndpointAnswers, 'a' | 'aaaa'> | undefined {
  const label = key.slice(1, -nameKey(targetZone).length);
  const hex = /^([0-9a-f]{8}|[0-9a-f]{32})-[0-9a-f]{4}$/.exec(label)?.[1];
  if (hex === undefined || key !== nameKey(`${label}.${targetZone}`)) return undefined;
  const records = { count: 1, bytes: addressRecord(targetTtl)(hex) };
  return hex.length === 8 ? { a: records, aaaa: noRecords } : { a: noRecords, aaaa: records };
}

function parseEndpoint({ address, port }: Endpoint): Address {
  if (isIPv4(address)) return { family: 4, hex: Buffer.from(address.split('.').map(Number)).toString('hex'), port };
  return { family: 6, hex: Buffer.from(ipaddr.IPv6.parse(address).toByteArray()).toString('hex'), port };
}

/** One name for each endpoint, and always the same: consistent hashing in NGINX places an endpoint by the name of its target. */
function targetLabel({ hex, port }: Address): string {
  return `${hex}-${port.toString(16).padStart(4, '0')}`;
}

/** A or AAAA, by the length of the address. */
function addressRecord(ttl: number): (hex: string) => Buffer {
  return (hex) => writeRecord(hex.length === 8 ? recordType.A : recordType.AAAA, ttl, Buffer.from(hex, 'hex'));
}

/** RFC 2782: priority, weight, port, and a target that is not compressed. Weight 1 for all: endpoints are equal. */
function serviceRecord(label: string): Buffer {
  const portAndTarget = Buffer.from(nameKey(`${label}.${targetZone}`), 'latin1');
  const numbers = Buffer.from([0, 0, 0, 1, 0, 0]);
  numbers.writeUInt16BE(Number.parseInt(label.slice(-4), 16), 4);
  return writeRecord(recordType.SRV, endpointTtl, Buffer.concat([numbers, portAndTarget]));
}

/** The owner is a pointer to byte 12, where the question begins. */
function writeRecord(type: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]);
  head.writeUInt32BE(ttl, 6);
  return Buffer.concat([head, data]);
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

/** The first ones in order of address, so that a change of one endpoint moves at most one other across the border. */
function fit(records: readonly Buffer[]): { readonly records: Records; readonly shortened: boolean } {
  let bytes = 0;
  const beyond = records.findIndex((record) => {
    bytes += record.length;
    return bytes > mostRecordBytes;
  });
  const kept = beyond < 0 ? records : records.slice(0, beyond);
  return { records: { count: kept.length, bytes: Buffer.concat(kept) }, shortened: beyond >= 0 };
}
