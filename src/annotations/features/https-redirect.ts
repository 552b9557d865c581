import { httpRedirectCode, noTlsRedirectLocations } from '../config-keys.ts';
import { feature } from '../define.ts';
import { bool } from '../parsers.ts';

/** How plain http is sent to https. It comes before anybody is asked for a password, and after answers that a location gives by itself. */
export default feature(
  {
    title: 'Redirect to https',
    scope: 'location',
    whenInvalid: 'ignore',
    everywhere: true,
    alsoAt: (place, config) =>
      config(httpRedirectCode) !== httpRedirectCode.default ||
      config(noTlsRedirectLocations).some((beginning) => place.path.startsWith(beginning)),
    keys: {
      'ssl-redirect': {
        parse: bool,
        doc: 'Whether plain http is sent to https where the host has a certificate. Rule paths in `no-tls-redirect-locations` of the ConfigMap are exempt; the status is `http-redirect-code`.',
        example: 'false',
        risk: 'low',
        default: true,
        defaultText: 'true',
        configMap: true,
        like: 'same',
      },
      'force-ssl-redirect': {
        parse: bool,
        doc: 'The same also where the host has no certificate: for TLS that somebody in front ends.',
        example: 'true',
        risk: 'medium',
        default: false,
        defaultText: 'false',
        configMap: true,
        like: 'same',
      },
      'preserve-trailing-slash': {
        parse: bool,
        doc: 'Whether the slash at the end of the path or the query stays.',
        example: 'true',
        risk: 'medium',
        default: false,
        defaultText: 'false',
        configMap: true,
        like: 'same',
      },
      'use-port-in-redirects': {
        parse: bool,
        doc: 'Whether the `Location` names the https port.',
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
    emit: (values, { place, inherited, config }) => {
      if (place.kind === 'catch-all') return values['force-ssl-redirect'] ? { withoutEffect: [forcedInVain] } : {};
      const isExempt = config(noTlsRedirectLocations).some((beginning) => place.path.startsWith(beginning));
      const isForced = values['force-ssl-redirect'] ?? inherited['force-ssl-redirect'];
      const isUsual = values['ssl-redirect'] ?? inherited['ssl-redirect'];
      const form = {
        status: config(httpRedirectCode),
        keepSlash: values['preserve-trailing-slash'] ?? inherited['preserve-trailing-slash'],
        withPort: values['use-port-in-redirects'] ?? inherited['use-port-in-redirects'],
      };
      return { httpsRedirect: { when: isExempt ? 'never' : isForced ? 'always' : isUsual ? 'tls' : 'never', form } };
    },
  },
);

/** As in ingress-nginx. */
const forcedInVain = { key: 'force-ssl-redirect', reason: 'force-ssl-redirect has no effect on an Ingress without rules.' };
