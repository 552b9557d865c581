import type { ObjectRef } from './objects.ts';

export type Severity = 'error' | 'warning';

/** Where in a manifest a complaint points: 1-based line and column. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A complaint to the owner of an object: what is wrong, in which field, and what would be right. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: Code;
  readonly object: ObjectRef;
  /** Path of the field as kubectl writes it, such as `spec.rules[0].http.paths[1].path`; empty for the whole object. */
  readonly field: string;
  readonly message: string;
  readonly at?: Place;
}

/** Every code that a diagnostic can carry, its severity, and what it means for traffic. The operations page is printed from this table. */
export const codes = {
  ManifestUnreadable: ['error', 'A manifest file cannot be read or is not YAML. What it held before stays in force.'],
  ManifestTooLarge: ['error', 'A manifest file is larger than Gatehouse reads. What it held before stays in force.'],
  ObjectInvalid: [
    'error',
    'An object has a field of the wrong type or a value that the Kubernetes API refuses. Its last good version stays in force.',
  ],
  ObjectDuplicate: ['error', 'Two manifests define the same object. The one that was read first counts.'],
  FieldUnknown: ['warning', 'An object has a field that the Kubernetes API does not know. It is ignored.'],
  PathTypeMissing: ['warning', 'A path has no pathType, which an API server refuses. It is taken as ImplementationSpecific.'],
  HostNormalised: ['warning', 'A host was written in upper case or with a trailing dot. It is taken in lower case without the dot.'],
  AnnotationGuardUnsupported: [
    'error',
    'An annotation that guards access is not supported yet. The paths of its Ingress answer 503; nothing else of the host is touched.',
  ],
  AnnotationUnsupported: ['warning', 'An annotation of ingress-nginx is not supported yet. Its Ingress is served without it.'],
  AnnotationUnknown: [
    'warning',
    'There is no such annotation. It is ignored, unless it looks like a misspelt one that guards access: then the paths of its Ingress answer 503.',
  ],
  AnnotationGuardInvalid: [
    'error',
    'An annotation that guards access has a value that cannot be used, or what it names does not exist. The paths of its Ingress answer 503; nothing else of the host is touched.',
  ],
  AnnotationInvalid: ['warning', 'An annotation has a value that cannot be used. Its Ingress is served without it.'],
  AnnotationConflict: ['error', 'Two annotations of an Ingress ask for things that exclude each other. Its paths answer 503.'],
  AnnotationForbidden: ['error', 'The ConfigMap does not allow this annotation, or a word in it. The paths of the Ingress answer 503.'],
  AnnotationSnippet: ['error', 'Snippets are not carried out, and one may guard access. The paths of the Ingress answer 503.'],
  AnnotationWithoutEffect: ['warning', 'An annotation does nothing here. Its Ingress is served without it.'],
  AnnotationTaken: ['warning', 'Another, older Ingress already decides this for the host. The annotation is ignored there.'],
  HostClosed: [
    'error',
    'Another Ingress of the host guards it as a whole, which cannot be carried out. As nobody could tell who may come, the host answers 403.',
  ],
  CanaryWithoutPrimary: ['warning', 'No Ingress of the namespace has this host, path and path type. Nothing leads to the canary.'],
  CanaryTaken: ['warning', 'The path already has a canary, or the canary is the same Service as its primary. It gets no requests.'],
  PathPatternInvalid: ['error', 'A path is to be a regular expression, and is none that can be used. It answers 503.'],
  PathPatternScope: [
    'warning',
    'ingress-nginx would take the paths of other Ingresses on this host as regular expressions too, and some requests would go elsewhere.',
  ],
  ConfigMapMissing: [
    'error',
    'A ConfigMap that a flag names does not exist. The defaults of the settings hold, or no TCP or UDP port is opened.',
  ],
  ConfigMapInvalid: [
    'error',
    'A key of the ConfigMap has a value that cannot be used. Its default stays; a key that guards access denies instead.',
  ],
  ConfigMapGuardUnsupported: ['error', 'A key of the ConfigMap that guards access is not supported. Every path answers 503.'],
  ConfigMapUnsupported: ['warning', 'A key of the ConfigMap has no effect here, or another one.'],
  ConfigMapUnknown: ['warning', 'There is no such key of the ConfigMap. It is ignored.'],
  StreamInvalid: ['error', 'An entry of the ConfigMap of TCP or UDP ports cannot be understood. Its port is not opened.'],
  StreamPortReserved: ['error', 'A TCP or UDP port is one that Gatehouse itself uses. It is not opened for a Service.'],
  StreamPortTaken: ['error', 'Another program listens on a TCP or UDP port, or on that of HTTP/3. It is opened when it has become free.'],
  StreamProxyIgnored: ['warning', 'The PROXY protocol is for TCP only. The UDP port is opened without it.'],
  StreamUnsupported: ['error', 'The NGINX in use has no stream module. No TCP or UDP port is opened.'],
  ForwardedHeadersForgeable: [
    'warning',
    'Anybody can claim another address, scheme or host with a header, as the ConfigMap does not say whose headers count.',
  ],
  PathTaken: ['error', 'Another, older Ingress already owns this host, path and path type. This path is not served from here.'],
  PathNeverMatches: ['warning', 'No request can match this path, as requests are matched decoded and with single slashes.'],
  DefaultBackendIgnored: ['warning', 'Another, older Ingress decides what answers unmatched requests of this host.'],
  BackendResource: ['error', 'The backend is an object, not a Service. Its paths answer 503.'],
  ServiceMissing: [
    'error',
    'The Service does not exist. The paths answer 503, or as the default backend does; a TCP or UDP port is not opened.',
  ],
  ServicePortMissing: [
    'error',
    'The Service has no such port. The paths answer 503, or as the default backend does; a TCP or UDP port is not opened.',
  ],
  ServicePortIsTargetPort: ['warning', 'The Ingress names the targetPort of the Service instead of its port. It is served as meant.'],
  ServiceWithoutEndpoints: [
    'warning',
    'The Service has no endpoint that is ready. The paths answer 503, or as the default backend does, and connections to its TCP or UDP port end, until one is.',
  ],
  ExternalNameUnusable: [
    'error',
    'The name of an ExternalName Service, or of the host of an auth service, cannot be resolved, or leads to a loopback or link-local address. Its paths answer 503, or 500 where the auth service cannot be asked, unless it led somewhere before.',
  ],
  ServiceNameMissing: ['warning', 'An EndpointSlice does not name the Service it belongs to. It is not used.'],
  SecretMissing: ['error', 'The Secret does not exist. The default certificate is served for these hosts.'],
  CertificateInvalid: ['error', 'The Secret holds no usable certificate and key. The default certificate is served for these hosts.'],
  CertificateExpired: ['error', 'The certificate is not valid at this time. The default certificate is served for these hosts.'],
  CertificateHostMismatch: ['warning', 'The certificate does not cover the host. The default certificate is served for it.'],
  CertificateTaken: ['warning', 'Another, older Ingress already chose the certificate of this host.'],
  IngressRefusedByNginx: [
    'error',
    'NGINX refuses what this Ingress leads to. Its paths answer 503, and hosts that it guards as a whole 403; it is left out where NGINX refuses even that. Everything else is served.',
  ],
} as const satisfies Record<string, readonly [Severity, string]>;

export type Code = keyof typeof codes;

/** Makes a diagnostic; the severity comes from the table. */
export function diagnostic(code: Code, object: ObjectRef, field: string, message: string): Diagnostic {
  return { severity: codes[code][0], code, object, field, message };
}
