import { bool, int } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** HTTP/2, on both ports. */
export default group(
  {
    title: 'HTTP/2',
    keys: {
      'use-http2': {
        parse: bool,
        doc: 'Whether clients may speak HTTP/2: on https, and on http with prior knowledge.',
        example: 'false',
        default: true,
        defaultText: 'true',
        like: 'same',
      },
      'http2-max-concurrent-streams': {
        parse: int({ min: 1, max: 100_000 }),
        doc: 'Requests that one HTTP/2 connection can carry at the same time.',
        example: '256',
        default: 128,
        defaultText: '128',
        like: 'same',
      },
    },
  },
  (values) => ({
    http: [
      directive('http2', values['use-http2'] ? 'on' : 'off'),
      directive('http2_max_concurrent_streams', String(values['http2-max-concurrent-streams'])),
    ],
  }),
);
