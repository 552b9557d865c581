import { directive } from '../../model/directive.ts';
import type { GeoBlock } from '../../model/http-block.ts';
import { addressProblem } from '../client-address.ts';
import { networks } from '../client-networks.ts';
import type { Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys } from '../define.ts';
import { oneOf } from '../parsers.ts';

/** Who may come, and who may not, by the address of the client. `satisfy` is here, as it must not lift the list of those who may not. */
export default feature(
  {
    title: 'Source addresses',
    scope: 'location',
    whenInvalid: 'deny',
    everywhere: true,
    keys: {
      'allowlist-source-range': {
        parse: networks,
        doc: 'Addresses and networks, separated by commas, that may come; all others get 403. It takes the place of the list in the ConfigMap. `0.0.0.0/0` is all of IPv4; add `::/0` for all of IPv6.',
        example: '10.0.0.0/8,fd00::/8',
        risk: 'medium',
        alias: 'whitelist-source-range',
        configMap: 'whitelist-source-range',
        like: { stricter: 'a list in the ConfigMap that cannot be used is 503 for every path without a list of its own' },
      },
      'denylist-source-range': {
        parse: networks,
        doc: 'Addresses and networks, separated by commas, that get 403, whatever else would let them in. It takes the place of the list in the ConfigMap. `0.0.0.0/0` is everybody, with IPv6 too.',
        example: '203.0.113.0/24,2001:db8::/32',
        risk: 'medium',
        configMap: true,
        like: {
          stricter:
            '`satisfy: any` does not lift it, and `0.0.0.0/0` stops IPv6 as well; a list in the ConfigMap that cannot be used is 503 for every path without a list of its own',
        },
      },
      satisfy: {
        parse: oneOf('all', 'any'),
        doc: 'How the list of those who may come, passwords and the auth service go together: a request needs `all` of them, or `any` one of them.',
        example: 'any',
        risk: 'low',
        defaultText: 'all',
        like: { stricter: 'any other word is 503 instead of `all`; `any` does not lift the list of those who may not come' },
      },
    },
  },
  {
    emit: ({ 'allowlist-source-range': ownAllowed, 'denylist-source-range': ownDenied, satisfy }, { inherited, config, unique }) => {
      const allowed = ownAllowed ?? inherited['allowlist-source-range'] ?? [];
      const denied = ownDenied ?? inherited['denylist-source-range'] ?? [];
      const problem = allowed.length + denied.length === 0 ? undefined : addressProblem(config);
      if (problem !== undefined)
        return { deny: { key: allowed.length > 0 ? 'allowlist-source-range' : 'denylist-source-range', reason: problem } };
      const before = satisfy === 'any' && denied.length > 0 ? refusedBefore(denied, unique) : {};
      return {
        ...before,
        directives: [
          ...(satisfy === undefined ? [] : [directive('satisfy', satisfy)]),
          ...(before.answers ? [] : denied.map((network) => directive('deny', network === everyIpv4 ? 'all' : network))),
          ...allowed.map((network) => directive('allow', network)),
          ...(allowed.length > 0 ? [directive('deny', 'all')] : []),
        ],
      };
    },
  },
);

const everyIpv4 = '0.0.0.0/0';

/** With `satisfy any` NGINX would let a denied address in with a password, so it is answered before anybody is asked for one. */
function refusedBefore(denied: readonly string[], unique: FeatureContext<Keys>['unique']): Pick<Contribution, 'answers' | 'http'> {
  const all = new Set([...denied, ...(denied.includes(everyIpv4) ? ['::/0'] : [])]);
  const sorted = [...all].sort();
  const name = unique('denied', ...sorted);
  const geo: GeoBlock = { kind: 'geo', name, entries: sorted.map((network) => ({ network, value: '1' })), default: '' };
  return { http: [geo], answers: [{ variable: name, answer: { kind: 'answer', status: 403 }, headers: [] }] };
}
