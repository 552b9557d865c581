import { useProxyProtocol } from '../../annotations/config-keys.ts';
import { bool } from '../../annotations/parsers.ts';
import { group } from '../define.ts';

/** What load balancers that only pass bytes on say about clients; `client-address` carries it out. */
export default group({
  title: 'PROXY protocol',
  keys: {
    [useProxyProtocol.key]: {
      parse: bool,
      doc: 'Whether both public ports expect the PROXY protocol, version 1 or 2, in front of every connection. The address of the client is then the one that it names, and its port 443 counts as https.',
      example: 'true',
      default: useProxyProtocol.default,
      defaultText: 'false',
      like: {
        different: 'with use-forwarded-headers as well, the address is the one of the PROXY protocol, whatever X-Forwarded-For says',
      },
    },
  },
});
