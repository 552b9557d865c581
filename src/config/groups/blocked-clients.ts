import { addressProblem } from '../../annotations/client-address.ts';
import type { ConfigContribution } from '../../annotations/define.ts';
import { cidrList } from '../../annotations/parsers.ts';
import { variable } from '../../model/directive.ts';
import type { HttpBlock } from '../../model/http-block.ts';
import { type ClientPattern, clientPatterns } from '../client-patterns.ts';
import { group } from '../define.ts';

/** Who gets 403 on every host, known or not, before anything else: also before a redirect. */
export default group(
  {
    title: 'Blocked clients',
    keys: {
      'block-cidrs': {
        parse: cidrList,
        doc: 'Addresses and networks, separated by commas, that get 403 on every host. `0.0.0.0/0` is everybody, with IPv6 too.',
        example: '203.0.113.0/24,2001:db8::/32',
        default: [],
        defaultText: '',
        guards: true,
        lines: true,
        like: {
          stricter:
            'lists of an Ingress and `satisfy: any` do not lift it; a wrong entry is 503 for every path; while anybody can claim any address, too',
        },
      },
      'block-user-agents': {
        parse: clientPatterns,
        doc: 'User-Agents that get 403 on every host, separated by commas: exact texts without regard to case, or regular expressions behind `~`, or behind `~*` without regard to case. One that holds a comma stands in double quotes.',
        example: '~*curl,BadBot/1.0 (old)',
        default: [],
        defaultText: '',
        guards: true,
        lines: true,
        like: {
          stricter:
            'blanks and quotes are taken; what is no regular expression is 503 for every path, where ingress-nginx stops every reload',
        },
      },
      'block-referers': {
        parse: clientPatterns,
        doc: 'The same for `Referer`.',
        example: '~*spam\\.example',
        default: [],
        defaultText: '',
        guards: true,
        lines: true,
        like: { stricter: 'as `block-user-agents`' },
      },
    },
  },
  (values, { config }): ConfigContribution => {
    const networks = values['block-cidrs'];
    const problem = networks.length === 0 ? undefined : addressProblem(config);
    const blocks = [
      ...(networks.length === 0 || problem !== undefined ? [] : [blockedAddresses(networks)]),
      ...blockedHeader('gatehouse_blocked_user_agent', 'http_user_agent', values['block-user-agents']),
      ...blockedHeader('gatehouse_blocked_referer', 'http_referer', values['block-referers']),
    ];
    return {
      blocks,
      answers: blocks.map(({ name }) => ({ variable: name, answer: { kind: 'answer', status: 403 }, headers: [] })),
      problems: problem === undefined ? [] : [{ key: 'block-cidrs', reason: problem }],
    };
  },
);

/** A `deny` would be lifted by the lists of an Ingress, and by `satisfy any`. */
function blockedAddresses(networks: readonly string[]): HttpBlock {
  const all = networks.includes('0.0.0.0/0') ? [...networks, '::/0'] : networks;
  const entries = [...new Set(all)].map((network) => ({ network, value: '1' }));
  return { kind: 'geo', name: 'gatehouse_blocked_address', entries, default: '0' };
}

function blockedHeader(name: string, source: string, patterns: readonly ClientPattern[]): readonly HttpBlock[] {
  if (patterns.length === 0) return [];
  const entries = patterns.map((key) => ({ key, value: { text: '1' } }));
  return [{ kind: 'map', name, source: variable(source), entries, default: { text: '0' } }];
}
