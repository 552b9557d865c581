import type { ObjectRef } from './objects.ts';

/** What became of one batch. */
export type Outcome =
  | { readonly kind: 'unchanged' }
  /** Endpoints or certificates were published; NGINX was not touched. */
  | { readonly kind: 'live'; readonly endpoints: number; readonly certificates: number }
  /** NGINX runs the new configuration, and its workers have said so. */
  | { readonly kind: 'reloaded'; readonly generation: string; readonly reason: string; readonly milliseconds: number }
  /** NGINX does not run it; the generation before stays. `line` is that of nginx.conf, when NGINX named one. */
  | {
      readonly kind: 'rejected';
      readonly stage: 'write' | 'test' | 'reload' | 'verify';
      readonly message: string;
      readonly line?: number;
      readonly culprit?: ObjectRef;
    };
