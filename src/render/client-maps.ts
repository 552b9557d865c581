import { joined, variable, type Word } from '../model/directive.ts';
import { clientVariables, type Front } from '../model/front.ts';
import type { GeoBlock, HttpBlock, MapBlock, MapEntry } from '../model/http-block.ts';
import type { NginxSettings } from '../model/settings.ts';

/** Whether a request can be https on any port, or http on the port for https, as somebody in front says so. */
export function namesScheme({ proxyProtocol, forwardedHeaders }: Front): boolean {
  return proxyProtocol || forwardedHeaders;
}

/** What the PROXY line says, and what the headers say; empty where they are not there, or not from a trusted peer. */
const told = {
  linePort: 'gatehouse_line_port',
  scheme: 'gatehouse_told_scheme',
  host: 'gatehouse_told_host',
  port: 'gatehouse_told_port',
};

/** The ports that clients use, where they are known. */
type PublicPorts = Pick<NginxSettings, 'publicHttpPort' | 'publicHttpsPort'>;

/** The maps that define `clientVariables`. A pattern that fits overwrites the captures of a location, so usual values need none. */
export function clientMaps(front: Front, ports: PublicPorts = {}): readonly HttpBlock[] {
  return [...toldBlocks(front), ...schemeMaps(front), hostMap(front), ...portMaps(front, ports), forwardedForMap(front)];
}

/** The peer that the headers come from is the one that the PROXY protocol names, once the load balancer itself is trusted. */
function toldBlocks({ proxyProtocol, forwardedHeaders, trusted }: Front): readonly HttpBlock[] {
  const geo = (name: string, source: string): GeoBlock => ({
    kind: 'geo',
    name,
    source: variable(source),
    entries: trusted === 'all' ? [] : trusted.map((network) => ({ network, value: '1' })),
    default: trusted === 'all' ? '1' : '0',
  });
  const from = (name: string, trust: string, source: string) =>
    map(name, variable(trust), { text: '' }, [{ key: { exact: '1' }, value: variable(source) }]);
  const line = 'gatehouse_trusts_line';
  const headers = 'gatehouse_trusts_headers';
  return [
    ...(proxyProtocol ? [geo(line, 'realip_remote_addr'), from(told.linePort, line, 'proxy_protocol_server_port')] : []),
    ...(forwardedHeaders
      ? [
          geo(headers, proxyProtocol ? 'remote_addr' : 'realip_remote_addr'),
          from(told.scheme, headers, 'http_x_forwarded_proto'),
          from(told.host, headers, 'http_x_forwarded_host'),
          from(told.port, headers, 'http_x_forwarded_port'),
        ]
      : []),
  ];
}

/** A connection to port 443 of a load balancer was https, wherever TLS ended; then the headers count, then our own connection. */
function schemeMaps({ proxyProtocol, forwardedHeaders }: Front): readonly MapBlock[] {
  const { scheme, plain } = clientVariables;
  const byHeaders = proxyProtocol ? 'gatehouse_headers_scheme' : scheme;
  const isPlain = map(plain, variable(scheme), { text: '' }, [entry('http', { text: '1' })]);
  if (!forwardedHeaders && !proxyProtocol) return [map(scheme, variable('scheme'), variable('scheme')), isPlain];
  const words = ['https', 'wss', 'http', 'ws'].map((word) => [word, { text: word.replace('ws', 'http') }] as const);
  const headers = map(byHeaders, variable(told.scheme), variable('scheme'), [
    ...words.map(([word, value]) => entry(word, value)),
    ...words.map(([word, value]) => ({ key: { pattern: `^${word} *,`, ignoreCase: true }, value })),
  ]);
  const line = map(scheme, variable(told.linePort), variable(forwardedHeaders ? byHeaders : 'scheme'), [entry('443', { text: 'https' })]);
  return [...(forwardedHeaders ? [headers] : []), ...(proxyProtocol ? [line] : []), isPlain];
}

/** The first of a list. What could not be a host is not believed, as redirects lead there. */
function hostMap({ forwardedHeaders }: Front): MapBlock {
  const own = variable('gatehouse_host');
  if (!forwardedHeaders) return map(clientVariables.host, own, own);
  return map(clientVariables.host, variable(told.host), variable(told.host), [
    entry('', own),
    { key: { pattern: '^ *([A-Za-z0-9._:\\[\\]-]+) *,', ignoreCase: false }, value: variable('1') },
    { key: { pattern: '[^A-Za-z0-9._:\\[\\]-]', ignoreCase: false }, value: own },
  ]);
}

/** Whatever our own port for https is, the client's is 443 unless it is known to be another one. */
function portMaps({ proxyProtocol, forwardedHeaders }: Front, { publicHttpPort, publicHttpsPort = 443 }: PublicPorts): readonly MapBlock[] {
  const http = publicHttpPort === undefined ? variable('server_port') : { text: String(publicHttpPort) };
  const stages = [
    ...(proxyProtocol ? [{ name: 'gatehouse_line_or_own_port', said: told.linePort }] : []),
    ...(forwardedHeaders ? [{ name: 'gatehouse_told_or_own_port', said: told.port }] : []),
  ];
  const names = ['gatehouse_own_port', ...stages.map(({ name }) => name)].with(-1, clientVariables.port);
  const [own = '', ...later] = names;
  return [
    map(own, variable('https'), http, [entry('on', { text: String(publicHttpsPort) })]),
    ...stages.map(({ said }, index) => map(later[index] ?? '', variable(said), variable(said), [entry('', variable(names[index] ?? ''))])),
  ];
}

/** `$proxy_add_x_forwarded_for` would add the address that the headers themselves told. */
function forwardedForMap({ proxyProtocol, forwardedHeaders, fullForwardedFor }: Front): MapBlock {
  const name = clientVariables.forwardedFor;
  if (!forwardedHeaders || !fullForwardedFor) return map(name, variable('remote_addr'), variable('remote_addr'));
  const header = variable('http_x_forwarded_for');
  const peer = variable(proxyProtocol ? 'remote_addr' : 'realip_remote_addr');
  return map(name, header, joined(header, ', ', peer), [entry('', peer)]);
}

function map(name: string, source: Word, otherwise: Word, entries: readonly MapEntry[] = []): MapBlock {
  return { kind: 'map', name, source, entries, default: otherwise };
}

function entry(exact: string, value: Word): MapEntry {
  return { key: { exact }, value };
}
