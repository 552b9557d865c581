import { directive } from '../../model/directive.ts';
import type { Complaint } from '../contribution.ts';
import { feature } from '../define.ts';
import { accepted, bool, matching, orList, type Parser, refused } from '../parsers.ts';
import { redirectUrl } from '../parsers-http.ts';

/** The status alone decides whether it is a redirect at all. */
const temporalUrl: Parser<string> = (text) => {
  const isUrl = matching(/https?:.*/i, 'a URL that begins with http:// or https://', 2000)(text);
  return isUrl.ok ? redirectUrl(text) : isUrl;
};

/** With any other status of the three hundreds NGINX sends no `Location`. */
function statusOf(...statuses: readonly number[]): Parser<number> {
  const wanted = `write ${orList(statuses.map(String))}`;
  return (text) => {
    const found = statuses.find((status) => String(status) === text);
    return found === undefined ? refused(wanted) : accepted(found);
  };
}

const codeLike = {
  stricter: 'a value that is refused is left out, instead of the whole Ingress; so is a status with which NGINX sends no Location',
} as const;

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
        parse: statusOf(301, 302, 303, 307, 308),
        doc: 'The status for it.',
        example: '308',
        risk: 'low',
        default: 301,
        defaultText: '301',
        like: codeLike,
      },
      'temporal-redirect': {
        parse: temporalUrl,
        doc: 'Where all requests are sent for now; wins over `permanent-redirect`.',
        example: 'https://status.example.com/',
        risk: 'medium',
        like: { different: 'a value that is refused is left out, instead of the whole Ingress' },
      },
      'temporal-redirect-code': {
        parse: statusOf(301, 302, 303, 307),
        doc: 'The status for it.',
        example: '307',
        risk: 'low',
        default: 302,
        defaultText: '302',
        like: codeLike,
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
      const withoutEffect = idleKeys(values, place.kind === 'catch-all');
      const url = temporal ?? permanent;
      if (url === undefined || place.kind === 'catch-all') return { directives, withoutEffect };
      const status = temporal === undefined ? (values['permanent-redirect-code'] ?? 301) : (values['temporal-redirect-code'] ?? 302);
      return { directives, answer: { kind: 'answer', status, location: { text: url } }, withoutEffect };
    },
  },
);

interface Named {
  readonly 'temporal-redirect': string | undefined;
  readonly 'permanent-redirect': string | undefined;
  readonly 'temporal-redirect-code': number | undefined;
  readonly 'permanent-redirect-code': number | undefined;
}

/** Keys that say something which is not carried out. */
function idleKeys(values: Named, isCatchAll: boolean): readonly Complaint[] {
  const idle = (key: keyof Named, why: string) => (values[key] === undefined ? [] : [{ key, reason: `${key} has no effect ${why}.` }]);
  const kinds = ['temporal-redirect', 'permanent-redirect'] as const;
  if (isCatchAll) return kinds.flatMap((kind) => idle(kind, 'on an Ingress without rules'));
  const withoutUrl = kinds.flatMap((kind) => (values[kind] === undefined ? idle(`${kind}-code`, `without ${kind}`) : []));
  return [...(values['temporal-redirect'] === undefined ? [] : idle('permanent-redirect', 'beside temporal-redirect')), ...withoutUrl];
}
