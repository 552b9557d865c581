import { feature } from '../define.ts';
import { bool } from '../parsers.ts';

/** Leaves the choice of an endpoint to the cluster, as meshes want it. */
export default feature(
  {
    title: 'The address of the Service',
    scope: 'location',
    whenInvalid: 'ignore',
    everywhere: true,
    keys: {
      'service-upstream': {
        parse: bool,
        doc: 'Sends requests to the cluster IP of the Service in place of its endpoints. NGINX then sees one endpoint: none is asked twice, and cookies keep nobody anywhere.',
        example: 'true',
        risk: 'low',
        default: false,
        defaultText: 'false',
        configMap: true,
        like: 'same',
      },
    },
  },
  {
    emit: (values, { inherited }) => {
      if (!(values['service-upstream'] ?? inherited['service-upstream'])) return {};
      return { upstream: { directives: [], balances: false, needsNames: false, clusterIp: true } };
    },
  },
);
