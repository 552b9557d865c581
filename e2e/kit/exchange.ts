import { type Backends, endpointText, type Seen } from './backends.ts';
import type { Check, RequestLine } from './requests.ts';
import { type Ports, send } from './sending.ts';
import type { Reply } from './wire.ts';

/** Sends what a line says and compares; each complaint is a sentence, and none is good. */
export async function exchange(line: RequestLine, ports: Ports, backends: Backends): Promise<readonly string[]> {
  backends.take();
  const replies: Reply[] = [];
  try {
    for (let count = 0; count < line.times; count += 1) replies.push(await send(line.sending, ports, backends));
  } catch (error) {
    if (line.expectation.status === 'no handshake' && isRefusedHandshake(error)) return [];
    return [error instanceof Error ? error.message : String(error)];
  }
  await backends.arrived(line.expectation.answers.reduce((sum, { times }) => sum + times, 0));
  const { seen, connections } = backends.take();
  const facts: Facts = {
    replies,
    seen,
    connections,
    fill: (text) => text.replaceAll('{http}', `${ports.http}`).replaceAll('{https}', `${ports.https}`),
  };
  return [...compareExpectation(line, facts), ...line.checks.flatMap((check) => compareCheck(check, factsOf(check, facts)))];
}

/** NGINX ends the handshake with an alert (RFC 8446, 6.2). */
function isRefusedHandshake(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^ERR_SSL_.*ALERT|^ERR_SSL_TLSV1_/.test(String(error.code));
}

interface Facts {
  readonly replies: readonly Reply[];
  readonly seen: readonly Seen[];
  readonly connections: number;
  /** Puts the ports into an expected text. */
  readonly fill: (text: string) => string;
}

/** A service without a namespace is in `default`. */
function factsOf({ service }: Check, facts: Facts): Facts {
  if (service === undefined) return facts;
  return { ...facts, seen: facts.seen.filter(({ at }) => at.services.includes(service.includes('/') ? service : `default/${service}`)) };
}

function compareExpectation({ expectation }: RequestLine, { replies, seen, fill }: Facts): readonly string[] {
  const complaints: string[] = [];
  for (const { status, headers } of replies) {
    if (status !== expectation.status) complaints.push(`status ${status}`);
    const locations = valuesOf(headers, 'Location');
    const expected = expectation.location === undefined ? [] : [fill(expectation.location)];
    if (locations.join() !== expected.join()) complaints.push(`Location ${locations.join() || 'missing'}`);
  }
  const endpoints = new Set(seen.map((one) => endpointText(one.at)));
  if (expectation.endpoints !== undefined && endpoints.size !== expectation.endpoints)
    complaints.push(`${endpoints.size} endpoints answered: ${[...endpoints].join(', ')}`);
  return [...complaints, ...compareAnswers(expectation.answers, seen)];
}

function compareAnswers(expected: RequestLine['expectation']['answers'], seen: readonly Seen[]): readonly string[] {
  const open = [...seen];
  for (const { namespace, service, endpoint, times } of expected) {
    for (let count = 0; count < times; count += 1) {
      const fits = ({ at }: Seen) =>
        at.services.includes(`${namespace}/${service}`) && (endpoint === undefined || endpoint === endpointText(at));
      const index = open.findIndex(fits);
      if (index < 0) return [`the backends that saw requests are: ${seenText(seen)}`];
      open.splice(index, 1);
    }
  }
  return open.length === 0 ? [] : [`the backends that saw requests are: ${seenText(seen)}`];
}

function seenText(seen: readonly Seen[]): string {
  return seen.map(({ at }) => `${at.services.join(' and ')}@${endpointText(at)}`).join(', ') || 'none';
}

function compareCheck(check: Check, facts: Facts): readonly string[] {
  if (check.kind === 'certificate')
    return facts.replies.flatMap(({ certificate }) => complaintUnless(certificateText(certificate), check.text));
  if (check.kind === 'connections') return complaintUnless(`${facts.connections} connections`, `${check.count} connections`);
  if (check.kind === 'request line') return facts.seen.flatMap(({ method, target }) => complaintUnless(`${method} ${target}`, check.text));
  if (check.kind === 'headers')
    return facts.seen.flatMap(({ headers }) => complaintUnless(headers.map(([name]) => name).join(' '), check.names.join(' ')));
  const messages = check.side === 'backend' ? facts.seen : facts.replies;
  if (messages.length === 0) return ['no message to check'];
  if (check.kind === 'body') return messages.flatMap(({ body }) => complaintUnless(body, facts.fill(check.text)));
  const expected = check.kind === 'header' ? facts.fill(check.value) : undefined;
  return messages.flatMap(({ headers }) => compareHeader(check.name, valuesOf(headers, check.name), expected));
}

/** A value between slashes is a regular expression. Several headers of one name are joined by ` | `. */
function compareHeader(name: string, values: readonly string[], expected: string | undefined): readonly string[] {
  const actual = values.length === 0 ? undefined : values.join(' | ');
  const pattern = expected === undefined ? undefined : /^\/(.*)\/$/.exec(expected)?.[1];
  const fits = pattern === undefined ? actual === expected : actual !== undefined && new RegExp(pattern).test(actual);
  return fits ? [] : [`${name} is ${actual === undefined ? 'missing' : JSON.stringify(actual)}, not ${expected ?? 'missing'}`];
}

/** `CN ECDSA < CN of the next in the chain`; the controller's own one is `default`. */
function certificateText(certificate: Reply['certificate']): string {
  if (!certificate) return 'none';
  if (certificate.name === 'Kubernetes Ingress Controller Fake Certificate') return 'default';
  return [`${certificate.name} ${certificate.keyType}`, ...certificate.chain].join(' < ');
}

function complaintUnless(actual: string, expected: string): readonly string[] {
  return actual === expected ? [] : [`${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}

function valuesOf(headers: readonly (readonly [string, string])[], name: string): readonly string[] {
  return headers.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}
