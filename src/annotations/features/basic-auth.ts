import { directive } from '../../model/directive.ts';
import { isExempt } from '../auth-places.ts';
import type { Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys } from '../define.ts';
import { accepted, matching, type ObjectName, objectName, oneOf, type Parser, refused } from '../parsers.ts';
import { type PasswordSource, passwordFile } from '../password-file.ts';

const type: Parser<'basic'> = (text) => {
  if (text === 'digest') return refused('stock NGINX cannot ask for a digest; write "basic" and use TLS');
  return text === 'basic' ? accepted('basic') : refused('write "basic"');
};

const realm: Parser<string> = (text) => {
  if (text === 'off') return refused('to NGINX it means that no password is asked for; write another text');
  return matching(/[A-Za-z0-9/._~: -]+/, 'letters, digits, blanks and / - . _ ~ :')(text);
};

/** Names and passwords from a Secret. NGINX opens the file for each request, so a changed Secret needs no reload. */
export default feature(
  {
    title: 'Basic authentication',
    scope: 'location',
    whenInvalid: 'deny',
    keys: {
      'auth-type': {
        parse: type,
        doc: 'Asks for a name and a password of `auth-secret`, with 401. The backend does not get the header `Authorization`. Rule paths below `no-auth-locations` of the ConfigMap are exempt.',
        example: 'basic',
        risk: 'low',
        like: { stricter: '`digest` is 503, as stock NGINX cannot do it; so is `auth-type` or `auth-secret` without the other' },
      },
      'auth-secret': {
        parse: objectName,
        doc: 'The Secret with names and [hashes of passwords](authentication.md#passwords); of another namespace only where the ConfigMap allows it.',
        example: 'users',
        risk: 'medium',
        names: 'Secret',
        like: {
          stricter: 'without `auth-type` it is 503 instead of no authentication; a line break within a value of an `auth-map` is 503',
        },
      },
      'auth-secret-type': {
        parse: oneOf('auth-file', 'auth-map'),
        doc: '`auth-file`: the key `auth` of the Secret holds lines USER:HASH. `auth-map`: each key is a user, and its value the hash.',
        example: 'auth-map',
        risk: 'low',
        defaultText: 'auth-file',
        like: { stricter: 'another word is 503' },
      },
      'auth-realm': {
        parse: realm,
        doc: 'What browsers show beside the question for a password.',
        example: 'Team area',
        risk: 'medium',
        whenInvalid: 'ignore',
        like: { stricter: '`off` does not switch authentication off; it and other bad values are ignored, and a password is asked for' },
      },
    },
  },
  {
    emit: (values, context) => {
      const { 'auth-type': kind, 'auth-secret': name, 'auth-secret-type': source = 'auth-file', 'auth-realm': text = '' } = values;
      if (isExempt(context.place, context.config)) return {};
      if (kind === undefined && name === undefined && values['auth-secret-type'] === undefined)
        return { withoutEffect: [{ key: 'auth-realm', reason: 'auth-realm has no effect without auth-type and auth-secret.' }] };
      if (kind === undefined) return missing('auth-type', name === undefined ? 'auth-secret-type' : 'auth-secret');
      if (name === undefined) return missing('auth-secret', 'auth-type');
      return guarded({ name, source, realm: text }, context);
    },
  },
);

/** What is not there, and what it is for. */
const halves = {
  'auth-type': 'there is no auth-type, which says that a password is to be asked for; write auth-type: basic, or remove this as well',
  'auth-secret': 'there is no auth-secret, which names the passwords; add it, or remove auth-type as well',
} as const;

function missing(absent: keyof typeof halves, present: string): Contribution {
  return { deny: { key: present, reason: halves[absent] } };
}

interface Asked {
  readonly name: ObjectName;
  readonly source: PasswordSource;
  readonly realm: string;
}

function guarded({ name, source, realm: text }: Asked, { secret, fileId }: Pick<FeatureContext<Keys>, 'secret' | 'fileId'>): Contribution {
  const found = secret(name);
  if (!found.ok) return { deny: { key: 'auth-secret', reason: found.reason } };
  const file = passwordFile(found.value, source);
  if (!file.ok) return { deny: { key: 'auth-secret', reason: file.reason } };
  const { metadata } = found.value;
  const id = fileId('passwords', metadata.namespace, metadata.name, source);
  return {
    directives: [directive('auth_basic', text), directive('auth_basic_user_file', { file: id })],
    headers: { request: [{ name: 'Authorization', value: { text: '' } }] },
    files: [{ id, content: file.value.content }],
    withoutEffect: file.value.problems.map((problem) => ({ key: 'auth-secret', reason: `auth-secret: ${problem}.` })),
  };
}
