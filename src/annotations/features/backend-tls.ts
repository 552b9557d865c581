import { type Directive, directive } from '../../model/directive.ts';
import type { Secret } from '../../model/objects.ts';
import type { Contribution, LiveFile } from '../contribution.ts';
import { type FeatureContext, feature, type Keys, type Values } from '../define.ts';
import { accepted, int, listOf, objectName, oneOf, type Parsed } from '../parsers.ts';
import { cipherList, hostName } from '../parsers-http.ts';
import { certificatesOf, keyOf } from '../pem.ts';

const onOff = oneOf('on', 'off');

const keys = {
  'proxy-ssl-secret': {
    parse: objectName,
    doc: 'The Secret with the certificate that the backend is shown (`tls.crt`, `tls.key`) and the authorities that its own is checked with (`ca.crt`). None of the other keys does anything without it.',
    example: 'default/backend-tls',
    risk: 'medium',
    whenInvalid: 'deny',
    names: 'Secret',
    like: { stricter: 'a certificate or key that cannot be read denies' },
  },
  'proxy-ssl-verify': {
    parse: onOff,
    doc: "Whether the backend's certificate is checked. Without an authority in the Secret it cannot be, and the paths answer 503.",
    example: 'on',
    risk: 'low',
    default: 'off',
    defaultText: 'off',
    whenInvalid: 'deny',
    like: { stricter: '`true`, and `on` without a Secret, deny; ingress-nginx then silently checks nothing' },
  },
  'proxy-ssl-verify-depth': {
    parse: int({ min: 1, max: 100 }),
    doc: 'How many authorities may stand between the certificate of the backend and one in the Secret.',
    example: '2',
    risk: 'low',
    default: 1,
    defaultText: '1',
    whenInvalid: 'deny',
    like: { stricter: '0 and negative numbers are refused' },
  },
  'proxy-ssl-name': {
    parse: hostName,
    doc: 'The name that has to be in the certificate of the backend, and that it is asked for with `proxy-ssl-server-name`.',
    example: 'backend.example.com',
    risk: 'high',
    defaultText: '`SERVICE.NAMESPACE.svc`',
    whenInvalid: 'deny',
    like: { different: 'without it the name of the Service has to be in the certificate; in ingress-nginx such a check always fails' },
  },
  'proxy-ssl-server-name': {
    parse: onOff,
    doc: 'Whether the backend is told the name in the handshake (SNI).',
    example: 'on',
    risk: 'low',
    default: 'off',
    defaultText: 'off',
    like: { different: 'without `proxy-ssl-name` the name of the Service is told, not `upstream_balancer`' },
  },
  'proxy-ssl-protocols': {
    parse: listOf(oneOf('TLSv1.2', 'TLSv1.3'), /\s+/),
    doc: 'The versions of TLS for the backend, separated by blanks.',
    example: 'TLSv1.2 TLSv1.3',
    risk: 'low',
    default: ['TLSv1.2'],
    defaultText: 'TLSv1.2',
    like: 'same',
  },
  'proxy-ssl-ciphers': {
    parse: cipherList,
    doc: 'The ciphers of TLS 1.2 for the backend, as OpenSSL writes them.',
    example: 'HIGH:!aNULL',
    risk: 'medium',
    default: 'DEFAULT',
    defaultText: 'DEFAULT',
    like: { stricter: 'a list that no cipher fits is refused; in ingress-nginx it stops every reload' },
  },
} as const satisfies Keys;

type Own = Values<typeof keys>;

/** TLS to the backend. NGINX reads these files when it loads its configuration, so that a new content is a new name and one reload. */
export default feature(
  { title: 'TLS to the backend', scope: 'location', whenInvalid: 'ignore', keys },
  {
    emit: (values, context) => {
      const name = values['proxy-ssl-secret'];
      if (name === undefined) return withoutSecret(values);
      const secret = context.secret(name);
      const files = secret.ok ? filesOf(secret.value, values, context) : secret;
      if (!files.ok) return { deny: { key: 'proxy-ssl-secret', reason: files.reason } };
      const directives = [...files.value.directives, ...settings(values, context)];
      const connections = context.unique('tls', JSON.stringify(directives));
      return { files: files.value.files, directives, upstream: { directives: [], balances: false, needsNames: false, connections } };
    },
  },
);

function withoutSecret(values: Own): Contribution {
  if (values['proxy-ssl-verify'] === 'on') {
    return { deny: { key: 'proxy-ssl-verify', reason: 'there is no proxy-ssl-secret with the authorities to check with' } };
  }
  const idle = Object.entries(values).filter(([key, value]) => value !== undefined && key !== 'proxy-ssl-verify');
  return { withoutEffect: idle.map(([key]) => ({ key, reason: `${key} has no effect without proxy-ssl-secret.` })) };
}

interface Files {
  readonly files: readonly LiveFile[];
  readonly directives: readonly Directive[];
}

function filesOf(secret: Secret, values: Own, context: FeatureContext<Keys>): Parsed<Files> {
  const files: LiveFile[] = [];
  const directives: Directive[] = [];
  const add = (name: string, content: string) => {
    const id = context.fileId('proxy-ssl', name, content);
    files.push({ id, content });
    directives.push(directive(name, { file: id }));
  };
  if (secret.data.has('tls.crt')) {
    const certificate = certificatesOf(secret.data.get('tls.crt'), 'tls.crt');
    if (!certificate.ok) return certificate;
    const key = keyOf(secret.data.get('tls.key'), certificate.value);
    if (!key.ok) return key;
    add('proxy_ssl_certificate', certificate.value);
    add('proxy_ssl_certificate_key', key.value);
  }
  if (values['proxy-ssl-verify'] === 'on' || secret.data.has('ca.crt')) {
    const authorities = certificatesOf(secret.data.get('ca.crt'), 'ca.crt');
    if (!authorities.ok) return authorities;
    add('proxy_ssl_trusted_certificate', authorities.value);
  }
  return accepted({ files, directives });
}

function settings(values: Own, { place, ingress }: FeatureContext<Keys>): readonly Directive[] {
  const service = `${place.service?.name ?? 'unknown'}.${ingress.namespace}.svc`;
  return [
    directive('proxy_ssl_verify', values['proxy-ssl-verify'] ?? 'off'),
    directive('proxy_ssl_verify_depth', String(values['proxy-ssl-verify-depth'] ?? 1)),
    directive('proxy_ssl_name', values['proxy-ssl-name'] ?? service),
    directive('proxy_ssl_server_name', values['proxy-ssl-server-name'] ?? 'off'),
    directive('proxy_ssl_protocols', ...(values['proxy-ssl-protocols'] ?? ['TLSv1.2'])),
    directive('proxy_ssl_ciphers', values['proxy-ssl-ciphers'] ?? 'DEFAULT'),
  ];
}
