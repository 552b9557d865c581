import { accepted, type Parsed, type Parser, refused } from './parsers.ts';
import { type Asking, type RequestTemplate, requestTemplate } from './request-template.ts';

/** Where the auth service is asked. */
export interface AuthUrl {
  readonly scheme: 'http' | 'https';
  /** A name or an IPv4 address; `own`: the host of the rule. */
  readonly host: { readonly name: string } | 'own';
  readonly port: number;
  /** Path and query; begins with a slash. */
  readonly uri: RequestTemplate;
}

/** The signs that ingress-nginx takes, but for blanks, which end a word of NGINX's configuration and of a request line. */
const signs = /^[A-Za-z0-9/\-._~:,?&=$]+$/;
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const start = `^(https?)://(${label}(?:\\.${label})*\\.?|\\$(?:host|http_host|best_http_host|server_name))(?::(\\d{1,5}))?`;
const parts: Readonly<Record<Asking, RegExp>> = {
  question: new RegExp(`${start}([/?].*)?$`, 'i'),
  client: new RegExp(`${start}((?:[/?]|\\$request_uri\\b).*)?$`, 'i'),
};

const hosts: Readonly<Record<Asking, string>> = {
  question: 'a host; of variables the host may only be $host',
  client: 'the name of a host',
};

/** A URL whose path and query may hold variables. Its host is one name, which is known before any request comes. */
export const authUrl: Parser<AuthUrl> = (text) => parsedUrl(text, 'question');

/** The same for copies of requests, which know the query of the client; `$request_uri` may stand right behind the host. */
export const mirrorUrl: Parser<AuthUrl> = (text) => parsedUrl(text, 'client');

function parsedUrl(text: string, asking: Asking): Parsed<AuthUrl> {
  if (text.length > 2000) return refused('it is longer than 2000 characters');
  if (!signs.test(text)) return refused('write a URL of letters, digits and / - . _ ~ : , ? & = $, without blanks');
  const [, scheme = '', name = '', portText, rest = ''] = parts[asking].exec(text) ?? [];
  if (scheme === '') return refused(`write a URL that begins with http:// or https:// and ${hosts[asking]}`);
  const isHttps = scheme.toLowerCase() === 'https';
  const port = portText === undefined ? (isHttps ? 443 : 80) : Number(portText);
  if (port < 1 || port > 65_535) return refused('the port has to be from 1 to 65535');
  const uri = requestTemplate(/^[/$]/.test(rest) ? rest : `/${rest}`, asking);
  if (!uri.ok) return uri;
  const host = name.startsWith('$') ? 'own' : { name: name.toLowerCase().replace(/\.$/, '') };
  return accepted({ scheme: isHttps ? 'https' : 'http', host, port, uri: uri.value });
}

/** Where a client without permission is sent to sign in. */
export const signinUrl: Parser<SigninUrl> = (text) => {
  if (text.length > 2000) return refused('it is longer than 2000 characters');
  if (!signs.test(text)) return refused('write a URL or a path of letters, digits and / - . _ ~ : , ? & = $, without blanks');
  if (!/^(?:https?|\$(?:scheme|pass_access_scheme)):\/\/[A-Za-z0-9$]/i.test(text) && !/^\/(?!\/)/.test(text))
    return refused('write a URL that begins with http:// or https://, or a path');
  const template = requestTemplate(text, 'client');
  return template.ok ? accepted({ text, template: template.value }) : template;
};

/** As it was written, and as it is evaluated. */
export interface SigninUrl {
  readonly text: string;
  readonly template: RequestTemplate;
}
