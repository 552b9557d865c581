import { rootCertificates } from 'node:tls';
import { type Directive, directive } from '../model/directive.ts';
import type { LiveFile } from './contribution.ts';
import type { FeatureContext, Keys } from './define.ts';
import { authCa, authVerify } from './global-auth-keys.ts';
import { accepted, type Parsed, refused } from './parsers.ts';
import { certificatesOf } from './pem.ts';

/** How an auth service shows who it is: by a certificate of an authority that everybody trusts, or of one that the ConfigMap names. */
export function authorities(
  host: string,
  { config, fileId, settingsMap }: Pick<FeatureContext<Keys>, 'config' | 'fileId' | 'settingsMap'>,
): Parsed<{ readonly directives: readonly Directive[]; readonly files: readonly LiveFile[] }> {
  const named = [directive('proxy_ssl_server_name', 'on'), directive('proxy_ssl_name', host)];
  if (!config(authVerify)) return accepted({ directives: [...named, directive('proxy_ssl_verify', 'off')], files: [] });
  const own = ownAuthorities(config(authCa), settingsMap);
  if (!own.ok) return own;
  const id = fileId('auth-authorities', own.value);
  return accepted({
    directives: [
      ...named,
      directive('proxy_ssl_verify', 'on'),
      directive('proxy_ssl_verify_depth', '5'),
      directive('proxy_ssl_trusted_certificate', { file: id }),
    ],
    files: [{ id, content: [...rootCertificates, own.value].join('\n') }],
  });
}

function ownAuthorities(name: (typeof authCa)['default'], settingsMap: FeatureContext<Keys>['settingsMap']): Parsed<string> {
  if (name === undefined) return accepted('');
  const found = settingsMap(name);
  if (!found.ok) return found;
  const text = found.value.data['ca.crt'];
  const read = certificatesOf(text === undefined ? undefined : new TextEncoder().encode(text), 'ca.crt');
  return read.ok ? read : refused(read.reason.replace('the Secret', 'the ConfigMap'));
}
