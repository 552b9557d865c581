import { accepted, bool, int, type Parser, refused } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** A time as NGINX reads it: a number is seconds; `600s`, `10m` and the like, and `0` where that means "no limit". */
function time({ orZero }: { readonly orZero: boolean }): Parser<string> {
  const wanted = `write a time such as 600s or 10m${orZero ? ', or 0 for no limit' : ''}`;
  return (text) => {
    if (orZero && /^0(?:ms|[smhd])?$/.test(text)) return accepted('0');
    // NGINX's timers hold 24 days.
    return /^[1-9]\d{0,5}(?:ms|[smh]?)$/.test(text) && secondsOf(text) <= 2_000_000 ? accepted(text) : refused(wanted);
  };
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, '': 1, s: 1, m: 60, h: 3600 };

function secondsOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([a-z]*)$/.exec(text) ?? [];
  return Number(number) * (unitSeconds[unit] ?? 1);
}

/** How connections to TCP and UDP ports are passed on. */
export default group(
  {
    title: 'TCP and UDP ports',
    keys: {
      'proxy-stream-timeout': {
        parse: time({ orZero: false }),
        doc: 'How long a connection may be silent in both directions.',
        example: '1h',
        default: '600s',
        defaultText: '600s',
        like: 'same',
      },
      'proxy-stream-responses': {
        parse: int({ min: 0, max: 1_000_000 }),
        doc: 'How many datagrams answer one of a UDP client; after them its session ends.',
        example: '2',
        default: 1,
        defaultText: '1',
        like: 'same',
      },
      'proxy-stream-next-upstream': {
        parse: bool,
        doc: 'Whether another endpoint is tried when one does not accept a connection.',
        example: 'false',
        default: true,
        defaultText: 'true',
        like: 'same',
      },
      'proxy-stream-next-upstream-timeout': {
        parse: time({ orZero: true }),
        doc: 'How long further endpoints are tried; 0 is no limit.',
        example: '10s',
        default: '600s',
        defaultText: '600s',
        like: 'same',
      },
      'proxy-stream-next-upstream-tries': {
        parse: int({ min: 0, max: 1000 }),
        doc: 'How many endpoints are tried; 0 is no limit.',
        example: '2',
        default: 3,
        defaultText: '3',
        like: 'same',
      },
    },
  },
  (values) => ({
    stream: [
      directive('proxy_timeout', values['proxy-stream-timeout']),
      directive('proxy_responses', String(values['proxy-stream-responses'])),
      directive('proxy_next_upstream', values['proxy-stream-next-upstream'] ? 'on' : 'off'),
      directive('proxy_next_upstream_timeout', values['proxy-stream-next-upstream-timeout']),
      directive('proxy_next_upstream_tries', String(values['proxy-stream-next-upstream-tries'])),
    ],
  }),
);
