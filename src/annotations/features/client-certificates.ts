import { type Directive, directive, joined, variable } from '../../model/directive.ts';
import { type HttpBlock, withoutTls } from '../../model/http-block.ts';
import type { Secret } from '../../model/objects.ts';
import type { Contribution, LiveFile } from '../contribution.ts';
import { type FeatureContext, feature, type Keys, type Values } from '../define.ts';
import { accepted, bool, int, objectName, oneOf, type Parsed, type Parser, refused } from '../parsers.ts';
import { checkPattern } from '../parsers-http.ts';
import { certificatesOf, revocationsOf } from '../pem.ts';

/** `CN=` and an expression for the whole of the name. */
const commonName: Parser<string> = (text) => {
  if (!text.startsWith('CN=')) return refused('write CN= and a name, or an expression for it');
  return checkPattern(text.slice('CN='.length));
};

/** Where clients without a good certificate are sent. A path would be asked of the protected backend itself. */
const errorPage: Parser<string> = (text) => {
  const isUrl = text.length <= 2000 && /^https?:\/\/[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?(?:\/[A-Za-z0-9/._~-]*)?$/.test(text);
  return isUrl ? accepted(text) : refused('write a URL that begins with http:// or https://, of letters, digits and / - . _ ~');
};

const keys = {
  'auth-tls-secret': {
    parse: objectName,
    doc: 'The Secret with the authorities (`ca.crt`) that sign certificates of clients, and the list of revoked ones (`ca.crl`).',
    example: 'default/client-ca',
    risk: 'medium',
    names: 'Secret',
    like: { stricter: 'a Secret without `ca.crt` closes the host; there a TLS Secret without it switches the check off' },
  },
  'auth-tls-verify-client': {
    parse: oneOf('on', 'off', 'optional', 'optional_no_ca'),
    doc: 'Whether clients have to show a certificate (`on`), may (`optional`, `optional_no_ca` of any authority), or are not asked (`off`).',
    example: 'optional',
    risk: 'medium',
    default: 'on',
    defaultText: 'on',
    like: { stricter: 'another value closes the host instead of meaning `on`' },
  },
  'auth-tls-verify-depth': {
    parse: int({ min: 1, max: 100 }),
    doc: 'How many authorities may stand between the certificate of a client and one in the Secret.',
    example: '2',
    risk: 'low',
    default: 1,
    defaultText: '1',
    like: { stricter: '0 and negative numbers close the host' },
  },
  'auth-tls-error-page': {
    parse: errorPage,
    doc: 'Where a client without a good certificate is sent with 302, instead of 400.',
    example: 'https://example.com/certificates',
    risk: 'high',
    like: { stricter: 'only a URL: a path would be asked of the protected backend, and named locations exist only in snippets' },
  },
  'auth-tls-pass-certificate-to-upstream': {
    parse: bool,
    doc: 'Whether the backend gets the certificate in the header `ssl-client-cert`, as URL-encoded PEM.',
    example: 'true',
    risk: 'low',
    default: false,
    defaultText: 'false',
    like: { different: 'a value that is refused closes the host, instead of dropping the Ingress' },
  },
  'auth-tls-match-cn': {
    parse: commonName,
    doc: 'The common name that a certificate has to have, or 403: `CN=` and an expression for the whole of it.',
    example: 'CN=(alice|bob)',
    risk: 'high',
    like: { stricter: 'compared with the whole common name and nothing else of the subject, and only of a certificate that was verified' },
  },
} as const satisfies Keys;

type Own = Values<typeof keys>;

/** Certificates of clients, for a host as a whole. NGINX reads the authorities when it loads its configuration, so new ones are one reload. */
export default feature(
  { title: 'Client certificates', scope: 'host', whenInvalid: 'deny', keys },
  {
    emit: (values, context) => {
      const name = values['auth-tls-secret'];
      if (name === undefined) return withoutSecret(values);
      const secret = context.secret(name);
      const files = secret.ok ? filesOf(secret.value, context) : secret;
      if (!files.ok) return { deny: { key: 'auth-tls-secret', reason: files.reason } };
      return guarded(values, files.value, context);
    },
  },
);

function withoutSecret(values: Own): Contribution {
  const [key] = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (key === undefined) return {};
  return { deny: { key, reason: 'there is no auth-tls-secret with the authorities to check certificates with' } };
}

interface Files {
  readonly files: readonly LiveFile[];
  readonly directives: readonly Directive[];
}

function filesOf(secret: Secret, context: FeatureContext<Keys>): Parsed<Files> {
  const authorities = certificatesOf(secret.data.get('ca.crt'), 'ca.crt');
  if (!authorities.ok) return authorities;
  const revoked = revocationsOf(secret.data.get('ca.crl'));
  if (revoked && !revoked.ok) return revoked;
  const contents = [['ssl_client_certificate', authorities.value], ...(revoked ? [['ssl_crl', revoked.value]] : [])] as const;
  const files = contents.map(([name = '', content = '']) => ({ name, id: context.fileId('auth-tls', name, content), content }));
  return accepted({ files, directives: files.map(({ name, id }) => directive(name, { file: id })) });
}

function guarded(values: Own, { files, directives }: Files, context: FeatureContext<Keys>): Contribution {
  const mode = values['auth-tls-verify-client'] ?? 'on';
  const { 'auth-tls-match-cn': name, 'auth-tls-error-page': page } = values;
  const match = name === undefined ? undefined : matchBlock(name, context);
  const mayBePlain = mode !== 'on';
  return {
    files,
    serverDirectives: [
      ...directives,
      directive('ssl_verify_client', mode),
      directive('ssl_verify_depth', String(values['auth-tls-verify-depth'] ?? 1)),
      ...(page === undefined ? [] : [directive('error_page', '495', '496', '=', page)]),
    ],
    http: [...(mayBePlain ? [] : [withoutTls]), ...(match ? [match] : [])],
    ...(mayBePlain ? {} : { plainHttp: 'refuse' }),
    answers: match
      ? [{ variable: match.name, answer: { kind: 'answer', status: 403, body: 'client certificate unauthorized' }, headers: [] }]
      : [],
    headers: {
      request: [
        { name: 'ssl-client-verify', value: variable('ssl_client_verify') },
        { name: 'ssl-client-subject-dn', value: variable('ssl_client_s_dn') },
        { name: 'ssl-client-issuer-dn', value: variable('ssl_client_i_dn') },
        {
          name: 'ssl-client-cert',
          value: values['auth-tls-pass-certificate-to-upstream'] ? variable('ssl_client_escaped_cert') : { text: '' },
        },
      ],
    },
  };
}

/**
 * Not empty for a client that may not come. The subject is written as in RFC 2253: attributes stand between commas, and a comma in a value has a
 * backslash in front, so that no value of another attribute can look like a common name.
 */
function matchBlock(name: string, context: FeatureContext<Keys>): HttpBlock {
  return {
    kind: 'map',
    name: context.unique('certificate', name),
    source: joined(variable('ssl_client_verify'), ' ', variable('ssl_client_s_dn')),
    entries: [{ key: { pattern: `^SUCCESS (?:.*(?<!\\\\)[,+])?CN=(?:${name})(?:[,+].*)?$`, ignoreCase: false }, value: { text: '' } }],
    default: { text: '1' },
  };
}
