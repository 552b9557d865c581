import { clientVariables } from '../model/front.ts';
import { originVariables } from '../model/overrides.ts';

/**
 * Variables that every stock NGINX 1.30 with the modules that Gatehouse needs knows (https://nginx.org/en/docs/varindex.html). Left
 * out: those that some builds lack (`tcpinfo_*`), and those that do more than tell something (`slice_range`, `realpath_root`).
 */
const stock = [
  ...['ancient_browser', 'args', 'binary_remote_addr', 'body_bytes_sent', 'bytes_sent', 'connection', 'connection_requests'],
  ...['connection_time', 'connections_active', 'connections_reading', 'connections_waiting', 'connections_writing'],
  ...['content_length', 'content_type', 'date_gmt', 'date_local', 'document_uri', 'gzip_ratio', 'host', 'hostname', 'http2', 'http3'],
  ...['https', 'is_args', 'is_request_port', 'limit_conn_status', 'limit_rate', 'limit_req_status', 'modern_browser', 'msec'],
  ...['msie', 'nginx_version', 'pid', 'pipe', 'proxy_add_x_forwarded_for', 'proxy_host', 'proxy_port', 'proxy_protocol_addr'],
  ...['proxy_protocol_port', 'proxy_protocol_server_addr', 'proxy_protocol_server_port', 'query_string', 'realip_remote_addr'],
  ...['realip_remote_port', 'remote_addr', 'remote_port', 'remote_user', 'request', 'request_body', 'request_body_file'],
  ...['request_completion', 'request_filename', 'request_id', 'request_length', 'request_method', 'request_port', 'request_time'],
  ...['request_uri', 'scheme', 'server_addr', 'server_name', 'server_port', 'server_protocol', 'ssl_alpn_protocol', 'ssl_cipher'],
  ...['ssl_ciphers', 'ssl_client_escaped_cert', 'ssl_client_fingerprint', 'ssl_client_i_dn', 'ssl_client_i_dn_legacy'],
  ...['ssl_client_s_dn', 'ssl_client_s_dn_legacy', 'ssl_client_serial', 'ssl_client_v_end', 'ssl_client_v_remain'],
  ...['ssl_client_v_start', 'ssl_client_verify', 'ssl_curve', 'ssl_curves', 'ssl_early_data', 'ssl_protocol', 'ssl_server_name'],
  ...['ssl_session_id', 'ssl_session_reused', 'status', 'time_iso8601', 'time_local', 'upstream_addr', 'upstream_bytes_received'],
  ...['upstream_bytes_sent', 'upstream_cache_status', 'upstream_connect_time', 'upstream_header_time', 'upstream_response_length'],
  ...['upstream_response_time', 'upstream_status', 'uri'],
];

/** Families of variables: what follows is the name of a header, a cookie, a parameter, or a field of the PROXY protocol. */
const families = [
  ...['http_', 'sent_http_', 'sent_trailer_', 'cookie_', 'arg_', 'upstream_http_', 'upstream_trailer_', 'upstream_cookie_'],
  'proxy_protocol_tlv_',
];

/** What ingress-nginx has under another name. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['req_id', 'gatehouse_request_id'],
  ['the_real_ip', 'remote_addr'],
  ['best_http_host', 'gatehouse_upstream_host'],
  ['pass_access_scheme', clientVariables.scheme],
  ['pass_port', clientVariables.port],
]);

const plain = new Set(stock);

/** The NGINX variable that a variable of a log format stands for; undefined for one that nobody knows. */
export function httpVariable(name: string): string | undefined {
  if (plain.has(name)) return name;
  const family = families.find((prefix) => name.startsWith(prefix) && name.length > prefix.length);
  return family === undefined ? renamed.get(name) : name;
}

/** All names that a person may have meant. */
export const httpVariableNames: readonly string[] = [...stock, ...renamed.keys(), ...originVariables];

/** Variables of NGINX's stream module, for connections that are passed on as they are. */
export const streamVariableNames: readonly string[] = [
  ...['binary_remote_addr', 'bytes_received', 'bytes_sent', 'connection', 'hostname', 'msec', 'nginx_version', 'pid', 'protocol'],
  ...['proxy_protocol_addr', 'proxy_protocol_port', 'proxy_protocol_server_addr', 'proxy_protocol_server_port', 'remote_addr'],
  ...['remote_port', 'server_addr', 'server_port', 'session_time', 'status', 'time_iso8601', 'time_local', 'upstream_addr'],
  ...['upstream_bytes_received', 'upstream_bytes_sent', 'upstream_connect_time', 'upstream_first_byte_time', 'upstream_session_time'],
];
