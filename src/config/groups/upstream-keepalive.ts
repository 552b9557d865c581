import { int, matching, seconds } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** Idle connections to backends. */
export default group(
  {
    title: 'Connections to backends',
    keys: {
      'upstream-keepalive-connections': {
        parse: int({ min: 1, max: 100_000 }),
        doc: 'Idle connections that each worker keeps for each Service.',
        example: '64',
        default: 32,
        defaultText: '32',
        like: { different: '32 for each Service; ingress-nginx keeps 320 for all of them together. `0` is refused' },
      },
      'upstream-keepalive-timeout': {
        parse: seconds(),
        doc: 'Seconds after which an idle connection is closed.',
        example: '30',
        default: 60,
        defaultText: '60',
        like: 'same',
      },
      'upstream-keepalive-time': {
        parse: matching(/[1-9]\d{0,5}[smhd]/, 'a time such as 1h'),
        doc: 'How long a connection may be used at all.',
        example: '30m',
        default: '1h',
        defaultText: '1h',
        like: 'same',
      },
      'upstream-keepalive-requests': {
        parse: int({ min: 1, max: 1_000_000_000 }),
        doc: 'Requests that one connection can carry.',
        example: '1000',
        default: 10_000,
        defaultText: '10000',
        like: 'same',
      },
    },
  },
  (values) => ({
    upstream: [
      directive('keepalive', String(values['upstream-keepalive-connections'])),
      directive('keepalive_requests', String(values['upstream-keepalive-requests'])),
      // What NGINX does anyway is not said once more in thousands of blocks.
      ...(values['upstream-keepalive-timeout'] === 60 ? [] : [directive('keepalive_timeout', `${values['upstream-keepalive-timeout']}s`)]),
      ...(values['upstream-keepalive-time'] === '1h' ? [] : [directive('keepalive_time', values['upstream-keepalive-time'])]),
    ],
  }),
);
