import type { Sink } from '../model/events.ts';
import { type Key, type ObjectRef, refText } from '../model/objects.ts';
import { decode } from './decode/kinds.ts';
import { type RawObject, withKind } from './kube-raw.ts';
import type { RawHandler } from './kube-reflector.ts';
import type { Resource } from './kube-resources.ts';

/** Delivers objects of one kind to a sink. */
export interface Delivery {
  /** Decodes one object and hands it over. What the decoder refuses leaves the version before in force. */
  readonly deliver: (object: RawObject) => void;
  /** Takes back one object and the complaints about it; nothing happens when it was never delivered. */
  readonly withdraw: (key: Key) => void;
  readonly keys: () => readonly Key[];
}

interface Delivered {
  readonly ref: ObjectRef;
  readonly complained: boolean;
}

/** The border between what the API sends and what the store holds, for one kind. */
export function createDelivery(resource: Resource, sink: Sink): Delivery {
  const delivered = new Map<Key, Delivered>();
  return {
    deliver(object) {
      const decoded = decode(withKind(resource, object));
      const ref = { kind: resource.apiKind, namespace: object.namespace, name: object.name };
      if (decoded.object) sink({ type: 'upsert', object: decoded.object });
      // The API server has removed what it does not know: what is left is newer than Gatehouse, and no mistake of the owner.
      const complaints = decoded.diagnostics.filter((complaint) => complaint.code !== 'FieldUnknown');
      const before = delivered.get(object.key)?.complained ?? false;
      if (before || complaints.length > 0) sink({ type: 'diagnostics', part: refText(ref), diagnostics: complaints });
      delivered.set(object.key, { ref, complained: complaints.length > 0 });
    },
    withdraw(key) {
      const known = delivered.get(key);
      if (!known) return;
      delivered.delete(key);
      sink({ type: 'delete', kind: resource.kind, ref: known.ref });
      if (known.complained) sink({ type: 'diagnostics', part: refText(known.ref), diagnostics: [] });
    },
    keys: () => [...delivered.keys()],
  };
}

/** Handles a kind of which every object is kept. */
export function createWholeKind(resource: Resource, sink: Sink): RawHandler {
  const delivery = createDelivery(resource, sink);
  return {
    seen: (object) => delivery.deliver(object),
    gone: (key) => delivery.withdraw(key),
    listed: (keys) => {
      for (const key of delivery.keys()) if (!keys.has(key)) delivery.withdraw(key);
    },
  };
}
