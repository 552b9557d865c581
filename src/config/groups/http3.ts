import { useProxyProtocol } from '../../annotations/config-keys.ts';
import type { ConfigContribution, ConfigKey } from '../../annotations/define.ts';
import { bool, int } from '../../annotations/parsers.ts';
import { useHttp3 } from '../../model/overrides.ts';
import { group } from '../define.ts';

const protocols: ConfigKey<readonly string[]> = { key: 'ssl-protocols', default: ['TLSv1.3'] };

/** HTTP/3, over UDP beside the https port. Whether NGINX can do it, and has the port, shows later: `routing/http3.ts`. */
export default group(
  {
    title: 'HTTP/3',
    keys: {
      [useHttp3]: {
        parse: bool,
        doc: 'Whether clients may speak HTTP/3: over UDP, at the port of https or at `--http3-port`, for every host whose TLS ends here. The UDP port has to be reachable; [operations](operations.md#http3) says what a reload does to such connections.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: { different: 'an addition; ingress-nginx has no HTTP/3' },
      },
      'http3-max-age': {
        parse: int({ min: 0, max: 31_536_000 }, ' of seconds'),
        doc: 'For how many seconds browsers may remember that there is HTTP/3: what https answers say in `Alt-Svc`. With 0 they say nothing, and only clients that know of it by themselves use it.',
        example: '3600',
        default: 86_400,
        defaultText: '86400',
        like: { different: 'an addition' },
      },
    },
  },
  (values, { config }): ConfigContribution => {
    if (!values[useHttp3]) return {};
    const why = config(useProxyProtocol)
      ? 'there is no PROXY protocol over UDP, so that clients could not be told apart (use-proxy-protocol)'
      : config(protocols).includes('TLSv1.3')
        ? undefined
        : 'it needs TLSv1.3 in ssl-protocols';
    if (why === undefined) return { overrides: { http3: { maxAge: values['http3-max-age'] } } };
    return { warnings: [{ key: useHttp3, code: 'ConfigMapUnsupported', message: `${useHttp3} has no effect: ${why}.` }] };
  },
);
