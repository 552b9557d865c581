import { joined, variable } from '../../model/directive.ts';
import { feature } from '../define.ts';
import { plainPath } from '../parsers-http.ts';

/** Where the root of a host leads to. As in ingress-nginx it is the whole host's, whatever the paths of the Ingress, and comes before the redirect to https. */
export default feature(
  {
    title: 'Application root',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'app-root': {
        parse: plainPath,
        doc: 'Where a request for exactly `/` is sent with 302, on the same scheme and port. Of several on one host, that of the longest rule path counts.',
        example: '/welcome',
        risk: 'medium',
        like: 'same',
      },
    },
  },
  {
    emit: (values, { place }) => {
      const root = values['app-root'];
      if (root === undefined || place.kind === 'catch-all') return {};
      const location = joined(variable('scheme'), '://', variable('http_host'), root);
      return { serverLocations: [{ match: { kind: 'exact', path: '/' }, answer: { kind: 'answer', status: 302, location } }] };
    },
  },
);
