import 'reflect-metadata';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { type X509Certificate, X509CrlGenerator } from '@peculiar/x509';
import { certificate, type Made } from '../../src/routing/certificates-testbed.ts';

const hour = 3_600_000;
const times = { notBefore: new Date(Date.now() - hour).toISOString(), notAfter: new Date(Date.now() + 24 * hour).toISOString() };

/** Who signs certificates of clients: by itself, or with a certificate of another authority. */
export function startAuthority(commonName: string, issuer?: Made): Promise<Made> {
  return certificate({ commonName, ...times, ...(issuer && { issuer }) });
}

/** What a client shows, and what stands behind it. */
export interface Shown {
  readonly pem: string;
  readonly key: string;
  readonly certificate: X509Certificate;
}

/** A certificate of a client, with its whole subject in the order of the certificate. Authorities in between are shown with it. */
export async function issue(subject: string, by?: Made, between: readonly Made[] = []): Promise<Shown> {
  const made = await certificate({ subject, names: ['client'], ...times, ...(by && { issuer: by }) });
  return { ...made, pem: [made, ...between].map(({ pem }) => pem).join('') };
}

/** A list of what an authority has taken back, in PEM. */
export async function revocationList(by: Made, revoked: readonly Shown[]): Promise<string> {
  const crl = await X509CrlGenerator.create({
    issuer: by.certificate.subject,
    thisUpdate: new Date(Date.now() - hour),
    nextUpdate: new Date(Date.now() + 24 * hour),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    signingKey: by.keys.privateKey,
    entries: revoked.map(({ certificate: { serialNumber } }) => ({ serialNumber, revocationDate: new Date(Date.now() - hour) })),
  });
  return `-----BEGIN X509 CRL-----\n${crl.toString('base64')}\n-----END X509 CRL-----\n`;
}

/** The text of a Secret. */
export function secretText(name: string, data: Readonly<Record<string, string>>): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${Buffer.from(value).toString('base64')}\n`);
  return `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\n${lines.length === 0 ? '' : `data:\n${lines.join('')}`}`;
}

/** An Ingress to the Service `web`. */
export interface Guarded {
  readonly name: string;
  /** Absent: a rule without host; empty: only a default backend. */
  readonly host?: string;
  readonly path?: string;
  /** Without the prefix; `auth-tls-secret` and the like. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whether it names its host under `tls`, so that plain http is sent to https. */
  readonly tls?: boolean;
}

/** The text of an Ingress with annotations. */
export function guardedText({ name, host, path = '/', annotations = {}, tls = false }: Guarded): string {
  const lines = Object.entries(annotations).map(([key, value]) => `    nginx.ingress.kubernetes.io/${key}: ${JSON.stringify(value)}\n`);
  const backend = '{ service: { name: web, port: { number: 80 } } }';
  const rule = `${host === undefined ? '' : `host: ${JSON.stringify(host)}, `}http: { paths: [{ path: ${path}, pathType: Prefix, backend: ${backend} }] }`;
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
${lines.length === 0 ? '' : `  annotations:\n${lines.join('')}`}spec:
${tls ? `  tls: [{ hosts: [${JSON.stringify(host)}] }]\n` : ''}  ${host === '' ? `defaultBackend: ${backend}` : `rules: [{ ${rule} }]`}
`;
}

/** One request over a connection of its own. */
export interface Ask {
  /** The Host header. */
  readonly host: string;
  /** The name in the handshake; false: none, absent: the host. */
  readonly sni?: string | false;
  readonly shows?: Shown;
  /** What stands in the request line; `/` unless given. */
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly version?: 'TLSv1.2' | 'TLSv1.3';
  /** Of an earlier connection. */
  readonly session?: Buffer;
}

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly location: string | undefined;
  /** Whether the handshake went on with the session that was given. */
  readonly resumed: boolean;
  /** The last one that the server offered. */
  readonly session: Buffer | undefined;
}

/** Sends a request over https, trusting any server. */
export async function askHttps(port: number, ask: Ask): Promise<Reply> {
  const name = ask.sni ?? ask.host;
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...(name === false ? {} : { servername: name }),
    ...(ask.shows && { cert: ask.shows.pem, key: ask.shows.key }),
    ...(ask.version && { minVersion: ask.version, maxVersion: ask.version }),
    ...(ask.session && { session: ask.session }),
  });
  let session: Buffer | undefined;
  socket.on('session', (offered) => {
    session = offered;
  });
  await once(socket, 'secureConnect');
  const resumed = socket.isSessionReused();
  return { ...replyOf(await exchange(socket, ask)), resumed, session };
}

/** Sends a request over plain http; gives its status, and where it leads. */
export async function askHttp(port: number, ask: Pick<Ask, 'host' | 'target' | 'headers'>): Promise<string> {
  const socket = connectPlain(port, '127.0.0.1');
  await once(socket, 'connect');
  const { status, location } = replyOf(await exchange(socket, ask));
  return location === undefined ? String(status) : `${status} ${location}`;
}

async function exchange(socket: TLSSocket | import('node:net').Socket, { host, target = '/', headers = {} }: Ask): Promise<string> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${lines.join('')}\r\n`);
  return (await socket.setEncoding('utf8').toArray()).join('');
}

function replyOf(text: string): Pick<Reply, 'status' | 'location'> {
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), location: /^location: (.*)$/im.exec(head)?.[1]?.trim() };
}
