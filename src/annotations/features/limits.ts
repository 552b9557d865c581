import { directive, variable } from '../../model/directive.ts';
import type { GeoBlock, MapBlock, ZoneBlock } from '../../model/http-block.ts';
import { addressProblem } from '../client-address.ts';
import { networks } from '../client-networks.ts';
import { limitKey } from '../config-keys.ts';
import type { Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys } from '../define.ts';
import { int } from '../parsers.ts';

/** A limit above it limits nobody, and NGINX would reckon beyond its numbers. */
const most = 1_000_000;

const limit = int({ min: 1, max: 999_999_999_999_999 });

const notLess = 'zero, negative, empty and other values that are no limit are 503 instead of no limit at all';

/** How many requests one client may send. Each Ingress counts for itself; what is answered before passwords are asked for, such as redirects and preflights, does not count. */
export default feature(
  {
    title: 'Limits',
    scope: 'location',
    whenInvalid: 'deny',
    keys: {
      'limit-rps': {
        parse: limit,
        doc: 'Requests a second of one client; five times as many at once are let through (`limit-burst-multiplier`). More get 503, or `limit-req-status-code` of the ConfigMap. Each replica counts for itself.',
        example: '10',
        risk: 'low',
        like: { stricter: notLess },
      },
      'limit-rpm': {
        parse: limit,
        doc: 'Requests a minute of one client, in the same way.',
        example: '300',
        risk: 'low',
        like: { stricter: notLess },
      },
      'limit-connections': {
        parse: int({ min: 1, max: 65_535 }),
        doc: 'Requests of one client at the same time. More get 503, or `limit-conn-status-code` of the ConfigMap.',
        example: '20',
        risk: 'low',
        like: { stricter: `${notLess}; so is more than 65535, with which ingress-nginx stops every reload` },
      },
      'limit-burst-multiplier': {
        parse: int({ min: 1, max: 1_000_000 }),
        doc: 'How many times `limit-rps` or `limit-rpm` one client may send at once.',
        example: '3',
        risk: 'low',
        whenInvalid: 'ignore',
        default: 5,
        defaultText: '5',
        like: { stricter: 'zero and less are ignored; in ingress-nginx they stop every reload' },
      },
      'limit-allowlist': {
        parse: networks,
        doc: 'Addresses and networks, separated by commas, that are not limited.',
        example: '10.0.0.0/8,fd00::/8',
        risk: 'low',
        alias: 'limit-whitelist',
        like: { stricter: 'empty, or where anybody can claim any address, it is 503' },
      },
    },
  },
  {
    emit: (values, { inherited, config, unique, ingress }) => {
      const { 'limit-rps': second, 'limit-rpm': minute, 'limit-connections': connections, 'limit-allowlist': exempt } = values;
      const unused = withoutLimit(values);
      if (unused.length > 0) return { withoutEffect: unused };
      const problem = exempt ? addressProblem(config) : undefined;
      if (problem !== undefined) return { deny: { key: 'limit-allowlist', reason: problem } };
      const counting = { key: config(limitKey), exempt: exempt?.toSorted() ?? [], unique, owner: [ingress.namespace, ingress.name] };
      const times = values['limit-burst-multiplier'] ?? inherited['limit-burst-multiplier'];
      return together([
        countedBy(counting),
        ...(second === undefined ? [] : [requests(counting, { rate: second, per: 's', times })]),
        ...(minute === undefined ? [] : [requests(counting, { rate: minute, per: 'm', times })]),
        ...(connections === undefined ? [] : [atOnce(counting, connections)]),
      ]);
    },
  },
);

/** What one Ingress counts by. */
interface Counting {
  /** The variable, where everybody is counted. */
  readonly key: string;
  /** Sorted. */
  readonly exempt: readonly string[];
  readonly owner: readonly string[];
  readonly unique: FeatureContext<Keys>['unique'];
}

type Part = Required<Pick<Contribution, 'directives' | 'http'>>;

function together(parts: readonly Part[]): Part {
  return { directives: parts.flatMap((one) => one.directives), http: parts.flatMap((one) => one.http) };
}

type Said = Readonly<Record<'limit-rps' | 'limit-rpm' | 'limit-connections' | 'limit-burst-multiplier', number | undefined>> & {
  readonly 'limit-allowlist': readonly string[] | undefined;
};

/** Keys that change limits, where there is none. */
function withoutLimit(values: Said): NonNullable<Contribution['withoutEffect']> {
  const isRate = values['limit-rps'] !== undefined || values['limit-rpm'] !== undefined;
  if (isRate || values['limit-connections'] !== undefined) return [];
  const keys = (['limit-burst-multiplier', 'limit-allowlist'] as const).filter((key) => values[key] !== undefined);
  return keys.map((key) => ({ key, reason: `${key} has no effect without limit-rps, limit-rpm or limit-connections.` }));
}

/** NGINX does not count a request with an empty key. */
function countedBy({ key, exempt, unique }: Counting): Part {
  if (exempt.length === 0) return { directives: [], http: [] };
  const listed = unique('unlimited', ...exempt);
  const geo: GeoBlock = { kind: 'geo', name: listed, entries: exempt.map((network) => ({ network, value: '1' })), default: '' };
  const map: MapBlock = {
    kind: 'map',
    name: unique('counted', key, ...exempt),
    source: variable(listed),
    entries: [{ key: { exact: '' }, value: variable(key) }],
    default: { text: '' },
  };
  return { directives: [], http: [geo, map] };
}

function keyOf({ key, exempt, unique }: Counting): string {
  return exempt.length === 0 ? key : unique('counted', key, ...exempt);
}

/** A reload fails where a zone keeps its name and changes its key, so the key is part of the name. */
function zoneName({ key, exempt, owner, unique }: Counting, kind: string): string {
  return unique(kind, ...owner, key, ...exempt);
}

function requests(counting: Counting, { rate, per, times }: { rate: number; per: 's' | 'm'; times: number }): Part {
  const count = Math.min(rate, most);
  const name = zoneName(counting, `requests_${per === 's' ? 'second' : 'minute'}`);
  const zone: ZoneBlock = {
    kind: 'zone',
    name,
    directive: directive('limit_req_zone', variable(keyOf(counting)), `zone=${name}:5m`, `rate=${count}r/${per}`),
  };
  const burst = Math.min(count * times, most * 1000);
  return { http: [zone], directives: [directive('limit_req', `zone=${name}`, `burst=${burst}`, 'nodelay')] };
}

function atOnce(counting: Counting, count: number): Part {
  const name = zoneName(counting, 'connections');
  const zone: ZoneBlock = { kind: 'zone', name, directive: directive('limit_conn_zone', variable(keyOf(counting)), `zone=${name}:5m`) };
  return { http: [zone], directives: [directive('limit_conn', name, String(count))] };
}
