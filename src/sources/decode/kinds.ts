import { diagnostic } from '../../model/diagnostic.ts';
import { configMap } from './config-map.ts';
import type { Decoded, Decoder } from './decoder.ts';
import { endpointSlice } from './endpoint-slice.ts';
import { endpoints } from './endpoints.ts';
import { betaIngress, ingress } from './ingress.ts';
import { ingressClass } from './ingress-class.ts';
import { quoted } from './issues.ts';
import { namespace } from './namespace.ts';
import { secret } from './secret.ts';
import { service } from './service.ts';
import { isObject } from './shapes.ts';

export type { Decoded } from './decoder.ts';

/** Every kind that Gatehouse reads, in each API version: `apiVersion` → decoders. The newest version of a kind comes first. */
const decoders: ReadonlyMap<string, readonly Decoder[]> = new Map([
  ['networking.k8s.io/v1', [ingress, ingressClass]],
  ['discovery.k8s.io/v1', [endpointSlice]],
  ['v1', [service, endpoints, secret, configMap, namespace]],
  ['networking.k8s.io/v1beta1', [betaIngress, ingressClass]],
  ['extensions/v1beta1', [betaIngress]],
  ['discovery.k8s.io/v1beta1', [endpointSlice]],
]);

const groups = new Set([...decoders.keys()].map(groupOf));

/**
 * Reads any JSON value as a Kubernetes object. Never throws; what an API server would refuse gives diagnostics and no object.
 * A kind that Gatehouse does not read gives neither.
 */
export function decode(value: unknown): Decoded {
  if (!isObject(value)) return refuse({}, '', '', 'must be an object with `apiVersion`, `kind` and `metadata`');
  const { apiVersion, kind } = value;
  // Values files and kustomizations lie beside manifests and have neither.
  if (isAbsent(apiVersion) && isAbsent(kind)) return { apiKind: '', known: false, diagnostics: [] };
  if (typeof kind !== 'string' || kind === '') return refuse(value, '', 'kind', isAbsent(kind) ? 'is required' : 'must be a string');
  if (typeof apiVersion !== 'string') return refuse(value, kind, 'apiVersion', isAbsent(apiVersion) ? 'is required' : 'must be a string');
  const decoder = decoders.get(apiVersion)?.find((candidate) => candidate.apiKind === kind);
  return decoder ? decoder.decode(value) : withoutDecoder(value, apiVersion, kind);
}

/** A kind of ours in a version that does not exist is a mistake; a kind of somebody else's group is not. */
function withoutDecoder(value: Readonly<Record<string, unknown>>, apiVersion: string, kind: string): Decoded {
  const right = groups.has(groupOf(apiVersion)) ? versionOf(kind) : undefined;
  if (right === undefined) return { apiKind: kind, known: false, diagnostics: [] };
  return refuse(value, kind, 'apiVersion', `${quoted(apiVersion)} has no kind ${kind}: use ${right}`);
}

function refuse(value: Readonly<Record<string, unknown>>, apiKind: string, field: string, message: string): Decoded {
  const decoder = [...decoders.values()].flat().find((candidate) => candidate.apiKind === apiKind);
  const ref = decoder?.identify(value) ?? { kind: apiKind, namespace: '', name: '' };
  const diagnostics = [diagnostic('ObjectInvalid', ref, field, message)];
  return { apiKind, known: true, diagnostics, ...(ref.name === '' ? {} : { ref }) };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function versionOf(kind: string): string | undefined {
  for (const [apiVersion, list] of decoders) {
    if (list.some((decoder) => decoder.apiKind === kind)) return apiVersion;
  }
  return undefined;
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
