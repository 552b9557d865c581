import ipaddr from 'ipaddr.js';
import { accepted, bool, listOf, type Parser, refused } from '../../annotations/parsers.ts';
import { group } from '../define.ts';

const address: Parser<string> = (text) => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return accepted(text);
  if (ipaddr.IPv6.isValid(text) && !text.includes('%')) return accepted(ipaddr.parse(text).toString());
  return refused('write an IP address');
};

/** Where clients are listened for. The ports are flags. */
export default group(
  {
    title: 'Listening',
    keys: {
      'bind-address': {
        parse: listOf(address),
        doc: 'The addresses whose requests are answered, separated by commas; at all others the connection is closed without an answer.',
        example: '10.0.0.1,fd00::1',
        defaultText: 'all',
        guards: true,
        otherwise: { value: [], says: 'As it may keep somebody out, every path answers 503, and TCP and UDP ports are closed.' },
        like: {
          different:
            'the ports are taken on all addresses, so that an address may come and go without a restart; with addresses of one family nothing is answered over the other; a wrong address answers 503, where ingress-nginx leaves it out',
        },
      },
      'disable-ipv6': {
        parse: bool,
        doc: 'Whether http and https are not listened for on IPv6.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      'reuse-port': {
        parse: bool,
        doc: 'Whether each worker has a queue of its own for new connections. Another number of workers, or `false` again, then resets what waits there.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: { different: '`false` unless asked for: with it a change of the workers loses connections' },
      },
    },
  },
  (values) => {
    const addresses = values['bind-address'];
    return {
      overrides: {
        ...(addresses === undefined ? {} : { addresses: [...new Set(addresses)] }),
        ...(values['disable-ipv6'] ? { withoutIpv6: true } : {}),
        ...(values['reuse-port'] ? { reusePort: true } : {}),
      },
    };
  },
);
