/** Reads questions and writes answers in the wire form of RFC 1035, by hand: a start of NGINX asks thousands of them at once. */

export const recordType = { A: 1, AAAA: 28, SRV: 33 } as const;
export const responseCode = { ok: 0, malformed: 1, serverFailure: 2, notImplemented: 4 } as const;

const headerBytes = 12;
const classInternet = 1;
/** RFC 1035, 2.3.4: a name takes at most 255 bytes; type and class follow it. */
const mostQuestionBytes = 255 + 4;

/** What is left of a message over TCP (its length is a 16-bit number) when the longest question is in it. */
export const mostRecordBytes = 65_535 - headerBytes - mostQuestionBytes;

/** Resource records whose owner is a pointer to the question, so that they fit behind any question. */
export interface Records {
  readonly count: number;
  readonly bytes: Buffer;
}

export const noRecords: Records = { count: 0, bytes: Buffer.alloc(0) };

export interface Question {
  /** The name in lower case, in wire form; see `nameKey`. */
  readonly key: string;
  readonly type: number;
  /** Where the question ends in the query. */
  readonly end: number;
}

export type ReadQuestion =
  | { readonly kind: 'question'; readonly question: Question }
  /** To be answered with this code. */
  | { readonly kind: 'refused'; readonly code: number }
  /** Not a query at all: an answer to it could start an endless exchange. */
  | { readonly kind: 'dropped' };

/** A name in wire form as a string of bytes: what a question is looked up by, without taking its labels apart. */
export function nameKey(name: string): string {
  const labels = name.split('.').map((label) => {
    if (label.length < 1 || label.length > 63) throw new RangeError(`"${name}" is not a DNS name: a label has 1 to 63 characters`);
    return String.fromCharCode(label.length) + label.toLowerCase();
  });
  return `${labels.join('')}\0`;
}

/** Takes the one question out of a query; what NGINX never sends is refused or dropped, and nothing is thrown. */
export function readQuestion(query: Buffer): ReadQuestion {
  if (query.length < headerBytes) return { kind: 'dropped' };
  const flags = query.readUInt16BE(2);
  if (flags & 0x8000) return { kind: 'dropped' };
  if (flags & 0x7800) return { kind: 'refused', code: responseCode.notImplemented };
  const nameEnd = query.readUInt16BE(4) === 1 ? endOfName(query) : undefined;
  if (nameEnd === undefined || nameEnd + 4 > query.length) return { kind: 'refused', code: responseCode.malformed };
  if (query.readUInt16BE(nameEnd + 2) !== classInternet) return { kind: 'refused', code: responseCode.notImplemented };
  const key = query.toString('latin1', headerBytes, nameEnd).toLowerCase();
  return { kind: 'question', question: { key, type: query.readUInt16BE(nameEnd), end: nameEnd + 4 } };
}

/** Undefined for a compressed, too long or cut off name. */
function endOfName(query: Buffer): number | undefined {
  let at = headerBytes;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > 63) return undefined;
    at += 1 + length;
    if (at - headerBytes > 255) return undefined;
    if (length === 0) return at;
  }
}

/** The answer to a question: its id, the question as it was asked, and the records. */
export function writeAnswer(query: Buffer, question: Question, records: Records): Buffer {
  const answer = Buffer.allocUnsafe(question.end + records.bytes.length);
  writeHead(answer, query, question);
  answer.writeUInt16BE(records.count, 6);
  records.bytes.copy(answer, question.end);
  return answer;
}

/** Says "ask again by TCP" (RFC 1035, 4.2.1: the TC bit). */
export function writeTruncated(query: Buffer, question: Question): Buffer {
  const answer = Buffer.allocUnsafe(question.end);
  writeHead(answer, query, question);
  answer[2] = (answer[2] ?? 0) | 0x02;
  return answer;
}

/** SERVFAIL for a question: NGINX keeps the endpoints it has. */
export function writeFailure(query: Buffer, question: Question): Buffer {
  const answer = Buffer.allocUnsafe(question.end);
  writeHead(answer, query, question);
  answer[3] = responseCode.serverFailure;
  return answer;
}

/** Refuses a query that has no readable question. */
export function writeRefusal(query: Buffer, code: number): Buffer {
  const answer = Buffer.alloc(headerBytes);
  query.copy(answer, 0, 0, 2);
  answer[2] = 0x80 | ((query[2] ?? 0) & 0x79);
  answer[3] = code;
  return answer;
}

/** Response and authoritative are set, the wish for recursion is echoed; NGINX drops answers that have Z, AD or CD set. */
function writeHead(answer: Buffer, query: Buffer, question: Question): void {
  query.copy(answer, 0, 0, question.end);
  answer[2] = 0x84 | ((query[2] ?? 0) & 0x01);
  answer[3] = responseCode.ok;
  answer.fill(0, 6, headerBytes);
}
