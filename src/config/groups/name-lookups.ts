import { bool } from '../../annotations/parsers.ts';
import { group } from '../define.ts';
import { disableIpv6Dns } from '../name-lookups.ts';

/** Names outside of the cluster. */
export default group({
  title: 'Names outside of the cluster',
  keys: {
    [disableIpv6Dns.key]: {
      parse: bool,
      doc: 'Whether Services of type ExternalName, and hosts in URLs, are only looked for at IPv4 addresses.',
      example: 'true',
      default: disableIpv6Dns.default,
      defaultText: 'false',
      like: 'same',
    },
  },
});
