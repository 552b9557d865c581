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
  const depth = String(values['auth-tls-verify-depth'] ?? 1);
  const { 'auth-tls-match-cn': name, 'auth-tls-error-page': page } = values;
  const match = name === undefined ? undefined : matchBlocks(name, context);
  const sessions = sessionBlock([...files.map(({ id }) => id), mode, depth], context);
  const mayBePlain = mode !== 'on';
  // The default server decides about every handshake whose name no rule has, so that its own certificates are never foreign.
  const isNamed = context.place.host !== '';
  return {
    files,
    serverDirectives: [
      directive('ssl_certificate', variable(sessions.name)),
      directive('ssl_certificate_key', variable(sessions.name)),
      ...directives,
      directive('ssl_verify_client', mode),
      directive('ssl_verify_depth', depth),
      ...(page === undefined ? [] : [directive('error_page', '495', '496', '=', page)]),
    ],
    http: [sessions, ...(isNamed ? [foreign] : []), ...(mayBePlain ? [] : [withoutTls]), ...(match ?? [])],
    ...(mayBePlain ? {} : { plainHttp: 'refuse' }),
    answers: [
      ...(isNamed ? [{ variable: foreign.name, answer: { kind: 'answer', status: 421 }, headers: [] } as const] : []),
      ...(match ? [{ variable: match[1].name, answer: unauthorized, headers: [] }] : []),
    ],
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

const unauthorized = { kind: 'answer', status: 403, body: 'client certificate unauthorized' } as const;

/**
 * Not empty where a certificate was shown in a handshake for another name, or for none. NGINX answers 421 where another host has done the
 * handshake, but it takes what the default server has checked, with the authorities of that one, for checked by any host.
 */
const foreign: HttpBlock = {
  kind: 'map',
  name: 'gatehouse_foreign_certificate',
  source: joined(variable('ssl_client_verify'), '|', variable('host'), '|', variable('ssl_server_name')),
  entries: [{ key: { pattern: '^(?:NONE)?\\||^[^|]*\\|([^|]+)\\|\\1\\.?$', ignoreCase: true }, value: { text: '' } }],
  default: { text: '1' },
};

/**
 * The certificate of the host under a name of its own. NGINX makes the context of TLS sessions from the words of this directive and from the names
 * of the authorities. So a session from before a change, of other authorities with the same name or of a shorter list of revoked ones, is not resumed.
 */
function sessionBlock(parts: readonly string[], context: FeatureContext<Keys>): HttpBlock {
  const own = variable('gatehouse_certificate');
  return { kind: 'map', name: context.unique('certificate_for', ...parts), source: own, entries: [], default: own };
}

/**
 * The common name of a verified certificate, and whether it is a wrong one: then the second is not empty. The subject is written as in RFC 2253:
 * attributes stand between commas, and a comma in a value has a backslash in front, so that no value of another attribute can look like a common
 * name. The expression sees the name alone, so that it cannot reach into what follows.
 */
function matchBlocks(name: string, context: FeatureContext<Keys>): readonly [HttpBlock, HttpBlock] {
  const common: HttpBlock = {
    kind: 'map',
    name: 'gatehouse_common_name',
    source: joined(variable('ssl_client_verify'), ' ', variable('ssl_client_s_dn')),
    entries: [
      {
        key: { pattern: '^SUCCESS (?:.*?(?<!\\\\)[,+])?CN=(?<gatehouse_cn>(?:[^\\\\,+]|\\\\.)+)(?:[,+].*)?$', ignoreCase: false },
        value: variable('gatehouse_cn'),
      },
    ],
    default: { text: '' },
  };
  const wrong: HttpBlock = {
    kind: 'map',
    name: context.unique('certificate', name),
    source: variable(common.name),
    // An expression for nothing does not stand for a missing name.
    entries: [{ key: { pattern: `^(?=.)(?:${name})$`, ignoreCase: false }, value: { text: '' } }],
    default: { text: '1' },
  };
  return [common, wrong];
}
