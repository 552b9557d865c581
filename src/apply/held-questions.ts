import type { UpstreamId } from '../model/routing.ts';
import type { PublishedEndpoints, Responder, Transport } from './dns-responder.ts';

/** A question, with the way back to who asks. */
export interface Asked {
  readonly query: Buffer;
  readonly transport: Transport;
  /** The socket that asks, as a number that no other has at the same time; of TCP connections nothing is remembered. */
  readonly client: number;
  readonly reply: (answer: Buffer) => void;
}

/** Answers questions now or later. */
export interface HeldQuestions {
  ask(asked: Asked): void;
  publish(upserts: readonly PublishedEndpoints[], removals: readonly UpstreamId[]): void;
}

/** For tests. */
export interface HoldingOptions {
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** Calls back once, so many milliseconds later. */
  readonly later?: (milliseconds: number, call: () => void) => void;
}

/**
 * How long a question is held, at least and at most: NGINX gives up after its `resolver_timeout`, three seconds. The chance in it spreads
 * the questions of a start, which come all at once.
 */
const holdMs = { least: 1900, most: 2500 } as const;
/** NGINX asks again one second after an answer. Whoever has not got a change has asked by then, and is answered at once. */
const afterChangeMs = 1500;
/** A worker that has just begun asks for everything within a second, from sockets that were never seen; what it knows is not known. */
const afterNewcomerMs = 2000;
/** A question that comes later than this after an answer follows one that was lost, or comes from an NGINX that was started again. */
const longestGapMs = 2500;
/** Sockets that were silent for so long may have been given to another worker. */
const forgetClientMs = 600_000;
const tickMs = 100;
const mostHeld = 65_536;

interface Held extends Asked {
  /** The upstream that is asked for; undefined before anything was published. */
  readonly id: UpstreamId | undefined;
}

/**
 * NGINX asks for each upstream once a second. Here its question is kept until there is something new to say, or for about two seconds: then
 * a change reaches NGINX at once and not after half a second, and there are less questions. Nothing is held that the asker might not know.
 */
export function createHeldQuestions(responder: Responder, options: HoldingOptions = {}): HeldQuestions {
  const { now = performance.now.bind(performance), random = Math.random, later = startTimer } = options;
  const knowledge = createKnowledge(now);
  const shelf = createShelf({ now, later, onDue: answer });

  function answer(held: Asked): void {
    const subject = responder.subject(held.query);
    const text = responder.respond(held.query, held.transport);
    if (subject) knowledge.told(subject.id, subject.type);
    if (text) held.reply(text);
  }

  return {
    ask(asked) {
      const subject = responder.subject(asked.query);
      const isKnown = knowledge.isKnown(asked, subject);
      if (!isKnown || shelf.size >= mostHeld) return answer(asked);
      shelf.put({ ...asked, id: subject?.id }, holdMs.least + random() * (holdMs.most - holdMs.least));
    },
    publish(upserts, removals) {
      responder.publish(upserts, removals);
      const changed = upserts.map(({ id }) => id);
      knowledge.changed(changed, removals);
      for (const id of [undefined, ...changed, ...removals]) for (const held of shelf.take(id)) answer(held);
    },
  };
}

function startTimer(milliseconds: number, call: () => void): void {
  setTimeout(call, milliseconds).unref();
}

type Subject = ReturnType<Responder['subject']>;

/** What whoever asks has been told for sure. */
function createKnowledge(now: () => number) {
  const changes = new Map<UpstreamId, number>();
  /** The last answers by the type of the record that was asked for. */
  const answers = new Map<UpstreamId, Map<number, number>>();
  const isNewcomer = createNewcomers(now);
  let lastNewcomer = Number.NEGATIVE_INFINITY;
  let hasPublished = false;

  return {
    isKnown({ transport, client }: Asked, subject: Subject): boolean {
      if (transport === 'tcp') return false;
      if (isNewcomer(client)) lastNewcomer = now();
      // Before the first publication there is only SERVFAIL to say, after which NGINX would wait for its `resolver_timeout`.
      if (!hasPublished) return true;
      if (!subject || now() - lastNewcomer < afterNewcomerMs) return false;
      const answered = answers.get(subject.id)?.get(subject.type);
      return answered !== undefined && now() - answered < longestGapMs && now() - (changes.get(subject.id) ?? 0) >= afterChangeMs;
    },
    told(id: UpstreamId, type: number): void {
      const types = answers.get(id);
      if (types) types.set(type, now());
      else answers.set(id, new Map([[type, now()]]));
    },
    changed(ids: readonly UpstreamId[], removals: readonly UpstreamId[]): void {
      hasPublished ||= ids.length > 0;
      for (const id of ids) changes.set(id, now());
      for (const id of removals) {
        changes.delete(id);
        answers.delete(id);
      }
    },
  };
}

/** Tells whether a socket was not seen before, and takes down that it was. */
function createNewcomers(now: () => number): (client: number) => boolean {
  /** The moment of the last question of each, the oldest first. */
  const clients = new Map<number, number>();
  return (client) => {
    const before = clients.get(client);
    clients.delete(client);
    clients.set(client, now());
    for (const [old, seen] of clients) {
      if (now() - seen < forgetClientMs) break;
      clients.delete(old);
    }
    return before === undefined || now() - before >= forgetClientMs;
  };
}

interface ShelfOptions {
  readonly now: () => number;
  readonly later: (milliseconds: number, call: () => void) => void;
  readonly onDue: (held: Held) => void;
}

/** Keeps questions until they are due, rounded up to a tick, or are taken away. */
function createShelf({ now, later, onDue }: ShelfOptions) {
  const byId = new Map<UpstreamId | undefined, Set<Held>>();
  const byTick = new Map<number, Set<Held>>();
  let size = 0;

  function take(id: UpstreamId | undefined): Iterable<Held> {
    const taken = byId.get(id) ?? [];
    byId.delete(id);
    return taken;
  }
  function ring(tick: number): void {
    const due = byTick.get(tick) ?? [];
    byTick.delete(tick);
    for (const held of due) {
      size -= 1;
      const others = byId.get(held.id);
      if (!others?.delete(held)) continue;
      if (others.size === 0) byId.delete(held.id);
      onDue(held);
    }
  }

  return {
    get size() {
      return size;
    },
    take,
    put(held: Held, milliseconds: number): void {
      const tick = Math.ceil((now() + milliseconds) / tickMs);
      if (!byTick.has(tick)) later(tick * tickMs - now(), () => ring(tick));
      addTo(byTick, tick, held);
      addTo(byId, held.id, held);
      size += 1;
    },
  };
}

function addTo<K, T>(sets: Map<K, Set<T>>, key: K, value: T): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}
