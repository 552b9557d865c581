import type { Word } from './directive.ts';
import type { ResponseHeader, UpstreamId } from './routing.ts';

/** `auto`: http or https, as the client speaks. */
export type Protocol = 'http' | 'https' | 'auto' | 'grpc' | 'grpcs' | 'fastcgi';

/** Where requests of a location go. */
export interface Target {
  readonly kind: 'proxy';
  readonly upstream: UpstreamId;
  readonly canary?: CanaryTarget;
}

/** Where some of the requests go instead. */
export interface CanaryTarget {
  readonly upstream: UpstreamId;
  /** The variable that names one of the two upstreams. */
  readonly chosen: string;
  /** The id of a `Share` in `Runtime.files`: how many of those requests that nothing else decides about; absent: none. */
  readonly share?: string;
  /** The variable that says where a request goes after NGINX's own 502: to the primary where the canary has no endpoint. */
  readonly afterFailure: string;
}

/** Variables of locations that have a canary with a weight: the path of a request's lot, and `1` where that lot wins. */
export const canaryVariables = { lot: 'gatehouse_lot', won: 'gatehouse_lot_wins' } as const;

/** What a location answers by itself. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Where a redirect leads to. */
  readonly location?: Word;
  /** A body in place of NGINX's own page; literal text. */
  readonly body?: string;
}

/** An answer for the requests for which a variable is neither empty nor `0`. */
export interface ConditionalAnswer {
  readonly variable: string;
  readonly answer: Answer;
  /** Besides those of the location. */
  readonly headers: readonly ResponseHeader[];
}
