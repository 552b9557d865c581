import { feature } from '../define.ts';
import { bool } from '../parsers.ts';

/** TLS that is not ended here: the name in the handshake decides, and the backend of the path `/` gets the connection as it is. */
export default feature(
  {
    title: 'TLS passthrough',
    scope: 'host',
    whenInvalid: 'ignore',
    keys: {
      'ssl-passthrough': {
        parse: bool,
        doc: 'Whether TLS connections for the host go to the backend of its path `/` as they are. Needs `--enable-ssl-passthrough`. Nothing else of the Ingress holds for them, as nobody here reads what is in them.',
        example: 'true',
        risk: 'low',
        default: false,
        defaultText: 'false',
        like: {
          different:
            'connections go to the endpoints, not to the cluster IP; a value that is refused is left out, instead of the whole Ingress',
        },
      },
    },
  },
  { emit: (values) => (values['ssl-passthrough'] ? { passthrough: true } : {}) },
);
