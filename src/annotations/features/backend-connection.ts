import { directive } from '../../model/directive.ts';
import { feature } from '../define.ts';
import { oneOf } from '../parsers.ts';

/** How NGINX speaks to the backend. */
export default feature(
  {
    title: 'Connection to the backend',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'proxy-http-version': {
        parse: oneOf('1.0', '1.1'),
        doc: 'The version of HTTP that the backend is spoken to with.',
        example: '1.0',
        risk: 'low',
        default: '1.1',
        defaultText: '1.1',
        configMap: true,
        like: 'same',
      },
      'connection-proxy-header': {
        parse: oneOf('close', 'keep-alive'),
        doc: 'The `Connection` header for the backend. With it a WebSocket cannot be upgraded.',
        example: 'keep-alive',
        risk: 'low',
        defaultText: '`upgrade` for a request to upgrade, otherwise none',
        like: { different: 'another value is left out, instead of the whole Ingress' },
      },
    },
  },
  {
    base: (values) => ({ http: [directive('proxy_http_version', values['proxy-http-version'])] }),
    emit: (values) => {
      const { 'proxy-http-version': version, 'connection-proxy-header': connection } = values;
      return {
        directives: version ? [directive('proxy_http_version', version)] : [],
        headers: { request: connection ? [{ name: 'Connection', value: { text: connection } }] : [] },
      };
    },
  },
);
