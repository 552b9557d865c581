import type { ObjectRef } from './objects.ts';

/** What a reload is for, in a few words that a metric can count by. A new host counts as that, whatever else is new. */
export type ReloadCause =
  /** Nothing ran before. */
  | 'first'
  /** NGINX ran what nobody remembers. */
  | 'takeover'
  | 'hosts'
  | 'upstreams'
  /** Paths, settings, comments. */
  | 'other';

/** What became of one batch. */
export type Outcome =
  | { readonly kind: 'unchanged' }
  /** Endpoints, certificates or other files were published; NGINX was not touched. */
  | { readonly kind: 'live'; readonly endpoints: number; readonly certificates: number; readonly files: number }
  /** NGINX runs the new configuration, and its workers have said so. */
  | {
      readonly kind: 'reloaded';
      readonly generation: string;
      readonly cause: ReloadCause;
      /** For people: what is different. */
      readonly reason: string;
      readonly milliseconds: number;
    }
  /** NGINX does not run it; the generation before stays. `line` is that of nginx.conf, when NGINX named one; without `cause` it did not come to a reload. */
  | {
      readonly kind: 'rejected';
      readonly stage: 'write' | 'test' | 'reload' | 'verify';
      readonly message: string;
      readonly cause?: ReloadCause;
      readonly line?: number;
      readonly culprit?: ObjectRef;
    };
