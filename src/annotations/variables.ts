import { clientVariables } from '../model/front.ts';
import { escapedUri } from './escaped-uri.ts';

/**
 * Where a variable may stand: in a header for backends (`request`) or for clients (`response`), in a URL for the client itself (`client`), in what
 * NGINX asks beside the request of the client (`question`), or in the name of a span (`span`), where line breaks end nothing.
 */
export type Use = 'request' | 'response' | 'client' | 'question' | 'span';

/** A variable that people may write. */
export interface Variable {
  /** Of NGINX, without its `$`. */
  readonly name: string;
  /** Whether clients choose its value, or nearly so. */
  readonly isChosen: boolean;
  /** Whether NGINX passes it on decoded, or unseen, so that a client can put a line break there. */
  readonly isDecoded: boolean;
}

interface Row {
  readonly uses: readonly Use[];
  readonly isChosen?: true;
  readonly isDecoded?: true;
  readonly names?: readonly string[];
  readonly family?: RegExp;
  /** What ingress-nginx has names of its own for. */
  readonly translated?: Readonly<Record<string, string>>;
}

const headers = ['request', 'response'] as const;
const urls = ['client', 'question', 'span'] as const;
const all = [...headers, ...urls];

/**
 * All variables that may stand in values of annotations and of ConfigMaps of headers (https://nginx.org/en/docs/varindex.html). Left out are
 * those with line breaks of their own (`ssl_client_cert`), bodies and files, and mostly `uri`, which is decoded.
 */
const rows: readonly Row[] = [
  {
    uses: all,
    names: [
      ...['host', 'https', 'remote_addr', 'remote_port', 'request_id', 'request_method', 'request_uri', 'scheme', 'server_name'],
      ...['server_port', 'server_protocol', 'ssl_cipher', 'ssl_protocol'],
    ],
    translated: {
      pass_access_scheme: clientVariables.scheme,
      pass_server_port: clientVariables.port,
      req_id: 'gatehouse_request_id',
      the_real_ip: 'remote_addr',
    },
  },
  {
    uses: all,
    isChosen: true,
    names: [...['content_type', 'ssl_client_fingerprint', 'ssl_client_i_dn', 'ssl_client_s_dn', 'ssl_client_serial', 'ssl_client_verify']],
    family: /^(?:http|cookie)_[a-z0-9_]+$/,
  },
  { uses: urls, isChosen: true, isDecoded: true, names: ['remote_user', 'ssl_server_name'] },
  { uses: urls, isChosen: true, translated: { best_http_host: clientVariables.host } },
  { uses: urls, translated: { escaped_request_uri: escapedUri } },
  // NGINX knows them of the request of the client, but not of a question that it asks meanwhile.
  { uses: [...headers, 'client', 'span'], names: ['args', 'is_args', 'query_string'], family: /^arg_[a-z0-9_]+$/ },
  {
    uses: headers,
    names: [
      ...['connection', 'connection_requests', 'content_length', 'hostname', 'msec', 'nginx_version', 'proxy_add_x_forwarded_for'],
      ...['proxy_protocol_addr', 'proxy_protocol_port', 'proxy_protocol_server_addr', 'proxy_protocol_server_port'],
      ...['realip_remote_addr', 'realip_remote_port', 'request', 'request_length', 'request_time', 'server_addr'],
      ...['ssl_client_escaped_cert', 'ssl_client_v_end', 'ssl_client_v_remain', 'ssl_client_v_start', 'ssl_curve', 'ssl_early_data'],
      ...['ssl_session_reused', 'time_iso8601', 'time_local'],
    ],
    translated: {
      best_http_host: 'gatehouse_upstream_host',
      full_x_forwarded_for: clientVariables.forwardedFor,
      pass_port: clientVariables.port,
    },
  },
  { uses: ['span'], isChosen: true, isDecoded: true, names: ['uri', 'document_uri'] },
  {
    uses: ['response', 'span'],
    names: [
      ...['status', 'upstream_addr', 'upstream_cache_status', 'upstream_connect_time', 'upstream_header_time'],
      ...['upstream_response_time', 'upstream_status'],
    ],
    family: /^(?:upstream_http|sent_http)_[a-z0-9_]+$/,
  },
];

/** The variable of this name, in any case, as NGINX takes it; undefined for one that is not known to be harmless there. */
export function variableOf(written: string, use: Use): Variable | undefined {
  const name = written.toLowerCase();
  for (const { uses, isChosen = false, isDecoded = false, names = [], family, translated = {} } of rows) {
    if (!uses.includes(use)) continue;
    const own = Object.hasOwn(translated, name) ? translated[name] : undefined;
    if (own !== undefined) return { name: own, isChosen, isDecoded };
    if (names.includes(name) || family?.test(name)) return { name, isChosen, isDecoded };
  }
  return undefined;
}

/** The names that people may write there, besides those of headers, parameters and cookies. */
export function variableNames(use: Use): readonly string[] {
  return rows.flatMap(({ uses, names = [], translated = {} }) => (uses.includes(use) ? [...names, ...Object.keys(translated)] : []));
}
