import ipaddr from 'ipaddr.js';
import { accepted, bool, int, type Parser, refused } from '../../annotations/parsers.ts';
import { group } from '../define.ts';
import { enableSyslog, syslogHost, syslogPort } from '../syslog.ts';

/** NGINX looks a name up while it loads its configuration, and takes none of it when that fails. */
const address: Parser<string> = (text) => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return accepted(text);
  if (ipaddr.IPv6.isValid(text) && !text.includes('%')) return accepted(`[${ipaddr.parse(text).toString()}]`);
  return refused('write an IP address: a name that cannot be looked up would stop every change of NGINX');
};

/** Log lines over the network. */
export default group(
  {
    title: 'Syslog',
    keys: {
      [enableSyslog.key]: {
        parse: bool,
        doc: 'Whether access lines go to a syslog server instead of a file, and error lines go there as well.',
        example: 'true',
        default: enableSyslog.default,
        defaultText: 'false',
        like: { different: 'the controller still gets the error lines; without `syslog-host` it has no effect, where ingress-nginx stops' },
      },
      [syslogHost.key]: {
        parse: address,
        doc: 'The address of the syslog server.',
        example: '10.0.0.9',
        defaultText: '',
        like: { stricter: 'a name is refused: NGINX would load nothing while it cannot be looked up' },
      },
      [syslogPort.key]: {
        parse: int({ min: 1, max: 65_535 }),
        doc: 'Its UDP port.',
        example: '5514',
        default: syslogPort.default,
        defaultText: '514',
        like: 'same',
      },
    },
  },
  (_, { config }) =>
    config(enableSyslog) && config(syslogHost) === undefined
      ? { problems: [{ key: enableSyslog.key, reason: `${syslogHost.key} has to hold the address of the server` }] }
      : {},
);
