import type { UpstreamId } from '../model/routing.ts';
import type { Endpoint } from '../model/runtime.ts';
import type { PublishedEndpoints } from './dns-responder.ts';
import { assertPublishable } from './endpoint-answers.ts';

/** What changed from one publication to the next. */
export interface PublicationChange {
  readonly upserts: readonly PublishedEndpoints[];
  readonly removals: readonly UpstreamId[];
}

/** Remembers what the DNS thread was told, to tell it only what changed, and which upstreams NGINX has heard of. */
export interface Publication {
  /** Takes the whole state. Throws, and takes nothing, when an id or an address is none. */
  replace(endpoints: ReadonlyMap<UpstreamId, readonly Endpoint[]>): PublicationChange;
  /** Takes the endpoints of some; an upstream that is not published stays that. Throws like `replace`. */
  update(endpoints: ReadonlyMap<UpstreamId, readonly Endpoint[]>): PublicationChange;
  /** For a thread that knows nothing. */
  all(): PublicationChange;
  markAnswered(id: UpstreamId, since: number): void;
  isAnswered(id: UpstreamId): boolean;
}

/** Starts with nothing published. */
export function createPublication(): Publication {
  let published: ReadonlyMap<UpstreamId, PublishedEndpoints> = new Map();
  const answered = new Set<UpstreamId>();
  let publication = 0;

  function take(endpoints: ReadonlyMap<UpstreamId, readonly Endpoint[]>, removals: readonly UpstreamId[]): PublicationChange {
    publication += 1;
    const upserts = [...endpoints].flatMap(([id, list]) => {
      const before = published.get(id);
      return before && sameEndpoints(before.endpoints, list) ? [] : [{ id, since: before?.since ?? publication, endpoints: list }];
    });
    for (const { id, endpoints: list } of upserts) assertPublishable(id, list);
    const next = new Map(published);
    for (const upsert of upserts) next.set(upsert.id, upsert);
    for (const id of removals) {
      next.delete(id);
      answered.delete(id);
    }
    published = next;
    return { upserts, removals };
  }

  return {
    replace: (endpoints) =>
      take(
        endpoints,
        [...published.keys()].filter((id) => !endpoints.has(id)),
      ),
    update: (endpoints) => take(new Map([...endpoints].filter(([id]) => published.has(id))), []),
    all: () => ({ upserts: [...published.values()], removals: [] }),
    markAnswered(id, since) {
      // An answer from before the upstream was removed says nothing about the one that has come back.
      if (published.get(id)?.since === since) answered.add(id);
    },
    isAnswered: (id) => answered.has(id),
  };
}

function sameEndpoints(left: readonly Endpoint[], right: readonly Endpoint[]): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  return left.every((endpoint, index) => endpoint.address === right[index]?.address && endpoint.port === right[index]?.port);
}
