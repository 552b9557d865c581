import { joined, variable, type Word } from '../model/directive.ts';
import { accepted, type Parser, refused } from './parsers.ts';

/** Variables of a request. What is hashed goes nowhere, but a name that NGINX does not know would stop every reload. */
const known: ReadonlySet<string> = new Set([
  ...['args', 'binary_remote_addr', 'content_type', 'document_uri', 'host', 'query_string', 'remote_addr', 'remote_port', 'remote_user'],
  ...['request_id', 'request_method', 'request_uri', 'scheme', 'server_name', 'server_port', 'server_protocol', 'uri'],
  ...['ssl_client_fingerprint', 'ssl_client_s_dn', 'ssl_client_serial', 'ssl_server_name', 'ssl_session_id'],
]);

/** Families of variables: parts of the request whose names the client chooses. */
const families = /^(?:arg|cookie|http)_[A-Za-z0-9_]{1,64}$/;

/** What ingress-nginx calls otherwise. */
const renamed: Readonly<Record<string, string>> = {
  the_real_ip: 'remote_addr',
  best_http_host: 'http_host',
  pass_access_scheme: 'scheme',
};

const part = /\$\{([A-Za-z0-9_]+)\}|\$([A-Za-z0-9_]+)|([A-Za-z0-9_-]+)/gy;

/** `$request_uri`, `${host}-$arg_user`: variables of the request and letters, digits, `-` and `_` between them. */
export const hashExpression: Parser<Word> = (text) => {
  if (text.length > 500) return refused('it has more than 500 characters');
  const words: (string | Word)[] = [];
  let end = 0;
  for (const match of text.matchAll(part)) {
    end = match.index + match[0].length;
    const name = match[1] ?? match[2];
    const meant = name === undefined ? undefined : (renamed[name] ?? name);
    if (meant !== undefined && !known.has(meant) && !families.test(meant)) {
      return refused(
        `$${name} is none of the variables that can be hashed; write $request_uri, $host, $remote_addr, $arg_…, $cookie_…, $http_…`,
      );
    }
    words.push(meant === undefined ? match[0] : variable(meant));
  }
  if (end !== text.length) return refused('write variables, letters, digits, - and _');
  if (words.every((word) => typeof word === 'string')) {
    return refused('without a variable every request would go to one endpoint; write $request_uri, $host, $remote_addr, $arg_…');
  }
  return accepted(joined(...words));
};
