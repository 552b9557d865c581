import { oneOf } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** What NGINX says about itself. */
export default group(
  {
    title: 'Error log',
    keys: {
      'error-log-level': {
        parse: oneOf('debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'),
        doc: 'The least important lines that NGINX writes to its error log.',
        example: 'warn',
        default: 'notice',
        defaultText: 'notice',
        like: 'same',
      },
    },
  },
  (values) => ({ main: [directive('error_log', 'stderr', values['error-log-level'])] }),
);
