import { joined, variable } from '../../model/directive.ts';
import { clientVariables } from '../../model/front.ts';
import { feature } from '../define.ts';
import { bool } from '../parsers.ts';

/** The other of `www.HOST` and `HOST` leads to the one that has rules. */
export default feature(
  {
    title: 'With or without www',
    scope: 'host',
    whenInvalid: 'ignore',
    keys: {
      'from-to-www-redirect': {
        parse: bool,
        doc: 'Whether the name of the host with `www.` in front, or without it, is sent to the host with 308. Not where that name has rules of its own. On https the certificate has to name both.',
        example: 'true',
        risk: 'low',
        default: false,
        defaultText: 'false',
        like: { stricter: 'without effect on a host with a star, where ingress-nginx can no longer reload' },
      },
    },
  },
  {
    emit: (values, { place }) => {
      if (!values['from-to-www-redirect']) return {};
      if (place.host === '' || place.host.startsWith('*.')) {
        const what = place.host === '' ? 'rules without host' : place.host;
        return {
          withoutEffect: [
            { key: 'from-to-www-redirect', reason: `from-to-www-redirect has no effect on ${what}: there is no one other name.` },
          ],
        };
      }
      const host = place.host.startsWith('www.') ? place.host.slice('www.'.length) : `www.${place.host}`;
      const { scheme, port } = clientVariables;
      const location = joined(variable(scheme), `://${place.host}:`, variable(port), variable('gatehouse_redirect_uri'));
      return { extraServers: [{ host, answer: { kind: 'answer', status: 308, location } }] };
    },
  },
);
