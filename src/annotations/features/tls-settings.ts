import { directive } from '../../model/directive.ts';
import { feature } from '../define.ts';
import { bool } from '../parsers.ts';
import { cipherList } from '../parsers-http.ts';

/** How clients of a host are spoken to over TLS, where it is not as everywhere. */
export default feature(
  {
    title: 'TLS of a host',
    scope: 'host',
    whenInvalid: 'ignore',
    keys: {
      'ssl-ciphers': {
        parse: cipherList,
        doc: 'The ciphers of TLS 1.2 and older for clients of the host, as OpenSSL writes them.',
        example: 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
        risk: 'low',
        defaultText: '`ssl-ciphers` of the ConfigMap',
        like: { stricter: 'a list that no cipher fits is refused; a refused value is left out, instead of the whole Ingress' },
      },
      'ssl-prefer-server-ciphers': {
        parse: bool,
        doc: 'Whether the order of the server counts, and not that of the client.',
        example: 'false',
        risk: 'low',
        defaultText: 'true',
        like: 'same',
      },
    },
  },
  {
    emit: (values) => {
      const { 'ssl-ciphers': ciphers, 'ssl-prefer-server-ciphers': prefer } = values;
      return {
        serverDirectives: [
          ...(ciphers === undefined ? [] : [directive('ssl_ciphers', ciphers)]),
          ...(prefer === undefined ? [] : [directive('ssl_prefer_server_ciphers', prefer ? 'on' : 'off')]),
        ],
      };
    },
  },
);
