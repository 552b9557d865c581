import { bool } from '../../annotations/parsers.ts';
import { destination, logSettings } from '../access-log-values.ts';
import { group } from '../define.ts';
import { streamLogFormat } from '../log-format.ts';

/** One line for each connection of a TCP port, and each session of a UDP port. */
export default group(
  {
    title: 'Access log of TCP and UDP ports',
    keys: {
      'stream-access-log-path': {
        parse: destination,
        doc: 'As `access-log-path`, for TCP and UDP ports alone; it wins over that one.',
        example: '/dev/null',
        defaultText: 'as `access-log-path`',
        like: { stricter: 'other paths are refused, as for `access-log-path`' },
      },
      'disable-stream-access-log': {
        parse: bool,
        doc: 'As `disable-access-log`, for TCP and UDP ports alone.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      'log-format-stream': {
        parse: streamLogFormat,
        doc: 'The line: text, and variables that NGINX has for connections.',
        example: '$remote_addr $protocol $status $upstream_addr',
        defaultText: '[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time',
        like: { stricter: 'an unknown variable is refused, where ingress-nginx stops; a value of several lines is refused' },
      },
    },
  },
  (values, context) => ({
    overrides: {
      streamLog: logSettings(context, {
        disabled: values['disable-stream-access-log'],
        path: values['stream-access-log-path'],
        format: values['log-format-stream'],
      }),
    },
  }),
);
