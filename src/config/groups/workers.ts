import { bool, int, matching } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** Worker processes: connections, and how long old ones may drain. Their number is set where the controller is started. */
export default group(
  {
    title: 'Workers',
    keys: {
      'max-worker-connections': {
        parse: int({ min: 16, max: 1_000_000 }),
        doc: 'Connections that one worker can have open at the same time.',
        example: '65536',
        default: 16384,
        defaultText: '16384',
        like: { stricter: '`0` (derive it from the limit of open files) is refused' },
      },
      'worker-shutdown-timeout': {
        parse: matching(/[1-9]\d{0,4}[smh]/, 'a time such as 240s'),
        doc: 'How long old workers may finish their requests after a reload.',
        example: '300s',
        default: '240s',
        defaultText: '240s',
        like: 'same',
      },
      'enable-multi-accept': {
        parse: bool,
        doc: 'Whether a worker takes all new connections at once.',
        example: 'false',
        default: true,
        defaultText: 'true',
        like: 'same',
      },
    },
  },
  (values) => ({
    main: [directive('worker_shutdown_timeout', values['worker-shutdown-timeout'])],
    events: [
      directive('worker_connections', String(values['max-worker-connections'])),
      directive('multi_accept', values['enable-multi-accept'] ? 'on' : 'off'),
    ],
  }),
);
