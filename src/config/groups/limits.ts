import { limitKey } from '../../annotations/config-keys.ts';
import { accepted, int, type Parser, refused } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

const status = int({ min: 400, max: 599 });

/** A header is nothing to count by: a client that sends another value each time, or none, is never limited. */
const countedBy: Parser<(typeof limitKey)['default']> = (text) => {
  const name = text.replace(/^\$(?:\{(\w+)\}|(\w+))$/, '$1$2');
  const known = (['binary_remote_addr', 'remote_addr', 'realip_remote_addr', 'server_name'] as const).find((one) => one === name);
  if (known !== undefined && name !== text) return accepted(known);
  if (/^\$\{?(?:http|cookie|arg)_/.test(text))
    return refused(
      'a client could choose it, and so go round every limit; write $binary_remote_addr, and enable-real-ip for clients behind a proxy',
    );
  return refused('write $binary_remote_addr, $remote_addr, $realip_remote_addr or $server_name');
};

/** What is common to the limits of all Ingresses. */
export default group(
  {
    title: 'Limits',
    keys: {
      'limit-req-status-code': {
        parse: status,
        doc: 'What a client gets that sends requests too fast.',
        example: '429',
        default: 503,
        defaultText: '503',
        like: { stricter: 'outside of 400 to 599 is refused, where ingress-nginx stops' },
      },
      'limit-conn-status-code': {
        parse: status,
        doc: 'What a client gets that has too many connections.',
        example: '429',
        default: 503,
        defaultText: '503',
        like: { stricter: 'outside of 400 to 599 is refused, where ingress-nginx stops' },
      },
      [limitKey.key]: {
        parse: countedBy,
        doc: 'What requests and connections are counted by.',
        example: '$server_name',
        default: limitKey.default,
        defaultText: '$binary_remote_addr',
        like: { stricter: 'variables that a client can choose, such as headers, are refused' },
      },
    },
  },
  (values) => ({
    // What NGINX does anyway needs no line.
    http: (['req', 'conn'] as const).flatMap((kind) => {
      const code = values[`limit-${kind}-status-code`];
      return code === 503 ? [] : [directive(`limit_${kind}_status`, String(code))];
    }),
  }),
);
