import type { ConfigContribution } from '../../annotations/define.ts';
import { bool } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** The header `Server`. Stock NGINX always sends one. */
export default group(
  {
    title: 'The header Server',
    keys: {
      'server-tokens': {
        parse: bool,
        doc: 'Whether the header `Server` and the pages of errors tell the version of NGINX.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: { different: 'with `false` the header is `Server: nginx`; ingress-nginx sends none' },
      },
      'allow-backend-server-header': {
        parse: bool,
        doc: 'Whether clients get the header `Server` of the backend, and none where it sends none. Needs `server-tokens`.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
    },
  },
  (values): ConfigContribution => {
    const tokens = values['server-tokens'];
    const backends = values['allow-backend-server-header'];
    return {
      http: [directive('server_tokens', tokens ? 'on' : 'off'), ...(tokens && backends ? [directive('proxy_pass_header', 'Server')] : [])],
      warnings:
        backends && !tokens
          ? [
              {
                key: 'allow-backend-server-header',
                code: 'ConfigMapUnsupported',
                message: 'allow-backend-server-header has no effect: as in ingress-nginx it needs server-tokens "true".',
              },
            ]
          : [],
    };
  },
);
