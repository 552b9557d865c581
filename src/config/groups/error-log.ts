import { accepted, cidrList, oneOf, type Parser, refused } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';
import { syslogTarget } from '../syslog.ts';

/** Where ingress-nginx's image links its file to. */
const standardError: Parser<'stderr'> = (text) =>
  ['stderr', '/dev/stderr', '/var/log/nginx/error.log'].includes(text)
    ? accepted('stderr')
    : refused('write /dev/stderr, where the controller reads it: a file that cannot be opened would stop every change of NGINX');

/** What NGINX says about itself. */
export default group(
  {
    title: 'Error log',
    keys: {
      'error-log-path': {
        parse: standardError,
        doc: 'Where NGINX writes its error log: to standard error.',
        example: '/dev/stderr',
        default: 'stderr',
        defaultText: '/dev/stderr',
        like: { stricter: 'other files are refused; `/var/log/nginx/error.log` means standard error, as in the image of ingress-nginx' },
      },
      'error-log-level': {
        parse: oneOf('debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'),
        doc: 'The least important lines that NGINX writes to its error log.',
        example: 'warn',
        default: 'notice',
        defaultText: 'notice',
        like: 'same',
      },
      'debug-connections': {
        parse: cidrList,
        doc: 'Addresses and networks of clients for which everything is written, separated by commas. Needs an NGINX built for debugging.',
        example: '192.168.1.1,10.0.0.0/24',
        default: [],
        defaultText: '',
        like: { stricter: 'a list with a wrong entry is refused as a whole' },
      },
    },
  },
  (values, context) => {
    const syslog = syslogTarget(context);
    return {
      main: [values['error-log-path'], ...(syslog === undefined ? [] : [syslog])].map((to) =>
        directive('error_log', to, values['error-log-level']),
      ),
      events: values['debug-connections'].map((network) => directive('debug_connection', network)),
    };
  },
);
