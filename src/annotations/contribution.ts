import type { Directive } from '../model/directive.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type {
  Alias,
  Answer,
  ConditionalAnswer,
  ErrorPage,
  Headers,
  HttpsRedirect,
  PathMatch,
  Protocol,
  RequestHeader,
  Rewrite,
  SideLocation,
  Target,
  UpstreamSettings,
} from '../model/routing.ts';
import type { LiveContent } from '../model/runtime.ts';
import type { Affinity } from './affinity.ts';

/**
 * Everything that a feature can do; there are no other verbs. What two features say about one location is merged; where only one can
 * be right, such as a directive that NGINX takes once, the location is denied and both are named.
 */
export interface Contribution {
  /** In the location. Headers and error pages have verbs of their own, as NGINX does not add them to those of the level above. */
  readonly directives?: readonly Directive[];
  /** Sent to the backend, sent to the client, and not passed on from the backend. */
  readonly headers?: Partial<Headers>;
  /** Answers for some requests, before the redirect to https, and before anybody is asked for a password. */
  readonly answers?: readonly ConditionalAnswer[];
  /** Answers every request, also on plain http. */
  readonly answer?: Answer;
  readonly rewrite?: Rewrite;
  /** Whether plain http is sent to https: `tls`, the default, where the host has a certificate. */
  readonly httpsRedirect?: { readonly when: 'tls' | 'always' | 'never'; readonly form: Omit<HttpsRedirect, 'forced'> };
  /** What the backend speaks. */
  readonly protocol?: Protocol;
  readonly upstream?: UpstreamSettings;
  /** How `upstream` and `headers` keep clients on their endpoints. */
  readonly affinity?: Affinity;
  readonly errorPages?: readonly ErrorPage[];
  readonly standIn?: StandIn;
  /** Where NGINX itself goes to. */
  readonly side?: readonly SideLocation[];
  /** Maps, geos, splits and zones; equal names are printed once. */
  readonly http?: readonly HttpBlock[];
  /** Read by NGINX for each request; live without a reload. */
  readonly files?: readonly LiveFile[];
  /** Plain http answers 403 where it is not sent to https; only for `scope: 'host'`, whose `answers` and `headers` hold for the server as well. */
  readonly plainHttp?: 'refuse';
  /** TLS of the host is not ended here; only for `scope: 'host'`. */
  readonly passthrough?: true;
  /** In the server; only for `scope: 'host'`. */
  readonly serverDirectives?: readonly Directive[];
  /** Further names of the host; only for `scope: 'host'`. */
  readonly serverNames?: readonly Alias['name'][];
  /** Hosts that only answer, unless somebody has rules for them; only for `scope: 'host'`. */
  readonly extraServers?: readonly { readonly host: string; readonly answer: Answer }[];
  /** Locations of the whole host that answer before its rules, on plain http too; of several the one from the longest rule path counts. */
  readonly serverLocations?: readonly { readonly match: PathMatch; readonly answer: Answer }[];
  /** Keys whose value cannot be used here, though it could be parsed: left out with a warning. */
  readonly ignored?: readonly Complaint[];
  /** Keys that do nothing here, such as one that another key switches off; `reason` is a whole sentence. */
  readonly withoutEffect?: readonly Complaint[];
  /** Which requests of another Ingress's location go here; only from a feature whose Ingress is an alternative. */
  readonly canary?: CanaryRule;
  /** Why the location must not be served at all. */
  readonly deny?: Complaint;
}

/** Which requests an alternative gets: header before cookie before weight. */
export interface CanaryRule {
  /** Without a value `always` and `never` decide. */
  readonly header?: { readonly name: string; readonly value?: { readonly exact: string } | { readonly pattern: string } };
  readonly cookie?: string;
  /** The share of all other requests, from 0 to 1; absent: none, and nothing that could change without a reload. */
  readonly share?: number;
  /** Whether a client with a session cookie stays where it got it, before anything else counts. */
  readonly keepsClients: boolean;
}

/** What answers where a Service is missing or has no endpoints. */
export interface StandIn {
  /** The name of a side location, for a Service whose endpoints may come. */
  readonly side: string;
  /** For one that does not exist. */
  readonly target: Target;
  readonly headers: readonly RequestHeader[];
}

/** A key of the feature, and what is wrong with its value; `reason` goes on after "… is refused: ". */
export interface Complaint {
  readonly key: string;
  readonly reason: string;
}

/** Content for `Runtime.files`; the id comes from `context.fileId`, and a directive names it as `{ file: id }`. */
export interface LiveFile {
  readonly id: string;
  readonly content: LiveContent;
}
