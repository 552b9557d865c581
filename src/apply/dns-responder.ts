import { endpointsName, srvName } from '../model/endpoint-names.ts';
import type { UpstreamId } from '../model/routing.ts';
import type { Endpoint } from '../model/runtime.ts';
import {
  nameKey,
  noRecords,
  type Question,
  type Records,
  readQuestion,
  recordType,
  writeAnswer,
  writeFailure,
  writeRefusal,
  writeTruncated,
} from './dns-message.ts';
import { buildAnswers, buildTargetAnswers, type EndpointAnswers } from './endpoint-answers.ts';

/** NGINX reads at most 4096 bytes of a UDP answer and then asks by TCP (ngx_resolver.c, NGX_RESOLVER_UDP_SIZE). */
const mostUdpBytes = 4096;

export type Transport = 'udp' | 'tcp';

/** New endpoints of one upstream. `since` numbers the publication in which the upstream appeared, and comes back with its first answer. */
export interface PublishedEndpoints {
  readonly id: UpstreamId;
  readonly since: number;
  readonly endpoints: readonly Endpoint[];
}

/** What the DNS server has done since its thread started. */
export interface ResponderStats {
  readonly queries: number;
  /** Questions for names that are not published: from a generation of NGINX that is not ours, or is not up to date. */
  readonly unknown: number;
  /** Upstreams that have answers. */
  readonly published: number;
  /** Upstreams with more endpoints than a DNS message holds (about 4,000 addresses or 1,800 SRV records). */
  readonly shortened: number;
}

/** Knows the answer to every question, and nothing of sockets. */
export interface Responder {
  publish(upserts: readonly PublishedEndpoints[], removals: readonly UpstreamId[]): void;
  /** Undefined: answer nothing. Never throws, whatever the bytes are. */
  respond(query: Buffer, transport: Transport): Buffer | undefined;
  /** The upstream whose endpoints are asked for, and as which type of record; undefined: the question is another one, or is none. Never throws. */
  subject(query: Buffer): Subject | undefined;
  stats(): ResponderStats;
}

/** What a question is about. */
export interface Subject {
  readonly id: UpstreamId;
  /** See `recordType`. */
  readonly type: number;
}

interface Entry {
  readonly id: UpstreamId;
  readonly since: number;
  readonly answers: EndpointAnswers;
  asked: boolean;
}

/** `harmful`: an empty answer would be true, and would make NGINX drop the endpoints. */
type Found = { readonly records: Records; readonly entry?: Entry } | 'harmful' | 'unknown name';

/** What it cannot answer it answers with SERVFAIL: NGINX keeps its endpoints then, whereas NXDOMAIN or an empty answer would take them away. */
export function createResponder(onFirstAnswer: (id: UpstreamId, since: number) => void): Responder {
  const names = createNames();
  const count = { queries: 0, unknown: 0 };

  function answer(query: Buffer, question: Question, transport: Transport): Buffer {
    const known = names.find(question);
    if (known === 'unknown name') count.unknown += 1;
    if (known === 'unknown name' || known === 'harmful') return writeFailure(query, question);
    if (transport === 'udp' && question.end + known.records.bytes.length > mostUdpBytes) return writeTruncated(query, question);
    if (known.entry && !known.entry.asked && known.records.count > 0) {
      known.entry.asked = true;
      onFirstAnswer(known.entry.id, known.entry.since);
    }
    return writeAnswer(query, question, known.records);
  }

  return {
    publish: names.publish,
    respond(query, transport) {
      count.queries += 1;
      const read = readQuestion(query);
      if (read.kind === 'dropped') return undefined;
      return read.kind === 'refused' ? writeRefusal(query, read.code) : answer(query, read.question, transport);
    },
    subject(query) {
      const read = readQuestion(query);
      if (read.kind !== 'question') return undefined;
      const known = names.find(read.question);
      return typeof known === 'object' && known.entry ? { id: known.entry.id, type: read.question.type } : undefined;
    },
    stats: () => ({ ...count, ...names.stats() }),
  };
}

/** The names of all upstreams, and those of their endpoints. */
function createNames() {
  const hosts = new Map<string, Entry>();
  const services = new Map<string, Entry>();

  function wasAsked(id: UpstreamId, since: number): boolean {
    const before = hosts.get(nameKey(endpointsName(id)));
    return before?.since === since && before.asked;
  }

  return {
    publish(upserts: readonly PublishedEndpoints[], removals: readonly UpstreamId[]): void {
      for (const { id, since, endpoints } of upserts) {
        const entry = { id, since, answers: buildAnswers(endpoints), asked: wasAsked(id, since) };
        hosts.set(nameKey(endpointsName(id)), entry);
        services.set(nameKey(srvName(id)), entry);
      }
      for (const id of removals) {
        hosts.delete(nameKey(endpointsName(id)));
        services.delete(nameKey(srvName(id)));
      }
    },
    find({ key, type }: Question): Found {
      const host = hosts.get(key);
      if (host) return recordsAtHost(host.answers, type, host);
      const service = services.get(key);
      if (service) return recordsAtService(service, type);
      const target = buildTargetAnswers(key);
      return target ? recordsAtHost(target, type) : 'unknown name';
    },
    stats() {
      const shortened = [...hosts.values()].filter((entry) => entry.answers.shortened).length;
      return { published: hosts.size, shortened };
    },
  };
}

/** NGINX merges A and AAAA, so one of the two may be empty, and one never is. There is no SRV here, and an empty one would do harm. */
function recordsAtHost(answers: Pick<EndpointAnswers, 'a' | 'aaaa'>, type: number, entry?: Entry): Found {
  if (type === recordType.SRV) return 'harmful';
  const records = type === recordType.A ? answers.a : type === recordType.AAAA ? answers.aaaa : noRecords;
  return entry ? { records, entry } : { records };
}

function recordsAtService(entry: Entry, type: number): Found {
  if (type === recordType.A || type === recordType.AAAA) return 'harmful';
  return type === recordType.SRV ? { records: entry.answers.srv, entry } : { records: noRecords };
}
