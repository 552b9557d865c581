import { directive } from '../../model/directive.ts';
import { feature } from '../define.ts';
import { bool, int, matching, type Parser } from '../parsers.ts';
import { redirectUrl } from '../parsers-http.ts';

/** The status alone decides whether it is a redirect at all. */
const temporalUrl: Parser<string> = (text) => {
  const isUrl = matching(/https?:.*/i, 'a URL that begins with http:// or https://', 2000)(text);
  return isUrl.ok ? redirectUrl(text) : isUrl;
};

/** Every request of the paths is sent elsewhere, on plain http as well, and before anybody is asked for a password. */
export default feature(
  {
    title: 'Redirects',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'permanent-redirect': {
        parse: redirectUrl,
        doc: 'Where all requests are sent for ever: a URL, or a path on the same host. It stands in `Location` as it is, without the path of the request.',
        example: 'https://www.example.com/new',
        risk: 'medium',
        like: { different: 'a value that is refused is left out, instead of the whole Ingress' },
      },
      'permanent-redirect-code': {
        parse: int({ min: 300, max: 308 }),
        doc: 'The status for it.',
        example: '308',
        risk: 'low',
        default: 301,
        defaultText: '301',
        like: { different: 'a value that is refused is left out, instead of the whole Ingress' },
      },
      'temporal-redirect': {
        parse: temporalUrl,
        doc: 'Where all requests are sent for now; wins over `permanent-redirect`.',
        example: 'https://status.example.com/',
        risk: 'medium',
        like: { different: 'a value that is refused is left out, instead of the whole Ingress' },
      },
      'temporal-redirect-code': {
        parse: int({ min: 300, max: 307 }),
        doc: 'The status for it.',
        example: '307',
        risk: 'low',
        default: 302,
        defaultText: '302',
        like: { different: 'a value that is refused is left out, instead of the whole Ingress' },
      },
      'relative-redirects': {
        parse: bool,
        doc: "Whether the `Location` of NGINX's own redirects is a path. Neither the redirect to https nor `app-root` is one of those; `false` does not undo the ConfigMap.",
        example: 'true',
        risk: 'low',
        default: false,
        defaultText: 'false',
        configMap: true,
        like: { different: 'a value that is refused is left out, instead of the whole Ingress' },
      },
    },
  },
  {
    base: (values) => ({ http: values['relative-redirects'] ? [directive('absolute_redirect', 'off')] : [] }),
    emit: (values, { place }) => {
      const directives = values['relative-redirects'] ? [directive('absolute_redirect', 'off')] : [];
      const { 'temporal-redirect': temporal, 'permanent-redirect': permanent } = values;
      const url = temporal ?? permanent;
      if (url === undefined || place.kind === 'catch-all') return { directives };
      const status = temporal === undefined ? (values['permanent-redirect-code'] ?? 301) : (values['temporal-redirect-code'] ?? 302);
      const isHidden = temporal !== undefined && permanent !== undefined;
      const reason = 'permanent-redirect has no effect beside temporal-redirect.';
      return {
        directives,
        answer: { kind: 'answer', status, location: { text: url } },
        withoutEffect: isHidden ? [{ key: 'permanent-redirect', reason }] : [],
      };
    },
  },
);
