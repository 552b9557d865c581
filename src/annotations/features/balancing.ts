import { directive, joined, variable, type Word } from '../../model/directive.ts';
import type { SplitBlock } from '../../model/http-block.ts';
import type { UpstreamSettings } from '../../model/routing.ts';
import type { Complaint, Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys, type Values } from '../define.ts';
import { hashExpression } from '../hash-expression.ts';
import { bool, int, oneOf } from '../parsers.ts';
import { sessionCookie } from '../session-cookie.ts';
import { sessionCookieKeys } from '../session-cookie-keys.ts';

const keys = {
  'load-balance': {
    parse: oneOf(
      ...['round_robin', 'ewma', 'least_conn', 'ip_hash', 'random', 'chash', 'chashsubset', 'sticky_balanced', 'sticky_persistent'],
    ),
    doc: 'Who gets a request: `round_robin`, each in turn; `least_conn`, who has the fewest; `random`; `ip_hash`, by the address of the client; `ewma`, of two at random who has fewer.',
    example: 'least_conn',
    risk: 'low',
    defaultText: 'round_robin',
    configMap: true,
    like: { different: '`ewma` counts requests in place of their times; `least_conn`, `random` and `ip_hash` are additions' },
  },
  'upstream-hash-by': {
    parse: hashExpression,
    doc: 'Requests with the same value of this expression go to the same endpoint (consistent hashing).',
    example: '$request_uri',
    risk: 'high',
    like: { stricter: 'only variables of the request, and at least one; a value that is refused is ignored, instead of the whole Ingress' },
  },
  'upstream-hash-by-subset': {
    parse: bool,
    doc: 'Spreads the requests of one value over several endpoints.',
    example: 'true',
    risk: 'low',
    default: false,
    defaultText: 'false',
    like: { different: 'the endpoints of each value are found by hashing, so that two values share some or none, and it may be fewer' },
  },
  'upstream-hash-by-subset-size': {
    parse: int({ min: 1, max: 100 }),
    doc: 'How many.',
    example: '5',
    risk: 'low',
    default: 3,
    defaultText: '3',
    like: { stricter: 'from 1 to 100' },
  },
  ...sessionCookieKeys,
} as const satisfies Keys;

type BalancingValues = Values<typeof keys>;

/** Who gets a request: what a cookie says, before what is hashed, before the way of balancing. */
export default feature(
  { title: 'Balancing and session affinity', scope: 'location', whenInvalid: 'ignore', everywhere: true, keys },
  {
    emit: (values, context) => {
      if (context.place.service === undefined) return {};
      const contribution = decided(values, context);
      const withoutEffect = [...idle(values), ...pathProblems(values, context.place.path)];
      return withoutEffect.length === 0 ? contribution : { ...contribution, withoutEffect };
    },
  },
);

function decided(values: BalancingValues, context: FeatureContext<typeof keys>): Contribution {
  const by = values['upstream-hash-by'];
  if (values.affinity !== undefined) return sessionCookie(values, context);
  if (by === undefined) return balanced(values['load-balance'], context.inherited['load-balance']);
  if (!values['upstream-hash-by-subset']) return hashed(by);
  const size = values['upstream-hash-by-subset-size'] ?? 3;
  const block = split(context.unique('subset', String(size)), size);
  return { ...hashed(joined(by, '-', variable(block.name))), http: [block] };
}

function hashed(by: Word): Contribution {
  return { upstream: { directives: [directive('hash', by, 'consistent')], balances: true, needsNames: true } };
}

function split(name: string, size: number): SplitBlock {
  const parts = Array.from({ length: size - 1 }, (_, index) => ({ hundredths: Math.floor(10_000 / size), value: String(index) }));
  return { kind: 'split_clients', name, source: variable('request_id'), parts, default: String(size - 1) };
}

/** What the ConfigMap says counts where the Service says nothing; what an Ingress says counts in any case. */
function balanced(own: string | undefined, inherited: string | undefined): Contribution {
  const directives = methods[own ?? inherited ?? ''] ?? [];
  const needsNames = (own ?? inherited) === 'ip_hash';
  if (own !== undefined) return { upstream: { directives, balances: true, needsNames } };
  return directives.length === 0 ? {} : { upstream: { directives: [], unlessService: directives, balances: false, needsNames } };
}

const methods: Readonly<Record<string, UpstreamSettings['directives']>> = {
  ewma: [directive('random', 'two', 'least_conn')],
  least_conn: [directive('least_conn')],
  random: [directive('random')],
  // NGINX's own `ip_hash` knows only three parts of an address, and moves most clients when an endpoint goes.
  ip_hash: [directive('hash', variable('remote_addr'), 'consistent')],
};

const subsetKeys = ['upstream-hash-by-subset', 'upstream-hash-by-subset-size'] as const;

function idle(values: BalancingValues): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const add = (names: readonly (keyof BalancingValues)[], reason: (key: string) => string) => {
    for (const key of names) if (values[key] !== undefined) complaints.push({ key, reason: reason(key) });
  };
  const method = values['load-balance'];
  const hasHash = values['upstream-hash-by'] !== undefined;
  if (values.affinity !== undefined) {
    add(['upstream-hash-by', ...subsetKeys, 'load-balance'], (key) => `${key} does nothing here, as affinity decides who gets a request.`);
  } else {
    const cookieKeys = Object.keys(sessionCookieKeys) as (keyof BalancingValues)[];
    add(cookieKeys, (key) => `${key} does nothing without affinity: "cookie".`);
    if (hasHash) add(['load-balance'], (key) => `${key} does nothing here, as upstream-hash-by decides who gets a request.`);
    else add(subsetKeys, (key) => `${key} does nothing without upstream-hash-by.`);
    if (!hasHash && method?.startsWith('chash')) {
      add(['load-balance'], () => `load-balance: "${method}" does nothing without upstream-hash-by; each endpoint gets a request in turn.`);
    }
    if (!hasHash && method?.startsWith('sticky')) {
      add(
        ['load-balance'],
        () => `load-balance: "${method}" does nothing without affinity: "cookie"; each endpoint gets a request in turn.`,
      );
    }
  }
  return complaints;
}

function pathProblems(values: BalancingValues, path: string): readonly Complaint[] {
  if (values.affinity === undefined || values['session-cookie-path'] !== undefined) return [];
  if (path.length > 1024) {
    return [{ key: 'affinity', reason: 'The path of the rule is too long for a cookie, which gets none; write session-cookie-path.' }];
  }
  if (!/[()[\]{}*+?|^$\\]/.test(path)) return [];
  const reason = `The cookie gets the path ${JSON.stringify(path.slice(0, 100))} of the rule. Where that is a regular expression, no browser sends it back: write session-cookie-path.`;
  return [{ key: 'affinity', reason }];
}
