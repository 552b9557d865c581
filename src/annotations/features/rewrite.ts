import { directive, variable } from '../../model/directive.ts';
import type { Rewrite } from '../../model/routing.ts';
import type { Contribution } from '../contribution.ts';
import { type FeaturePlace, feature } from '../define.ts';
import { bool } from '../parsers.ts';
import { type CapturePath, capturePath } from '../parsers-http.ts';

/**
 * Paths as regular expressions, and what the backend sees in their place. As in ingress-nginx a rewrite makes an expression of the path by
 * itself, is found anywhere in the path of the request, and takes the place of the whole of it.
 */
export default feature(
  {
    title: 'Rewriting paths',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'use-regex': {
        parse: bool,
        doc: 'Whether the paths of this Ingress are regular expressions: they hold for the beginning of a request path, without regard to case, and of several the longest text is looked at first.',
        example: 'true',
        risk: 'low',
        default: false,
        defaultText: 'false',
        like: { different: "other Ingresses' paths on the host stay what they are, unless `regex-scope: host` is in the ConfigMap" },
      },
      'rewrite-target': {
        parse: capturePath,
        doc: 'The path that the backend sees; `$1` to `$9` are groups of the rule path, which becomes a regular expression. The query stays.',
        example: '/$2',
        risk: 'medium',
        like: { different: "other Ingresses' paths on the host stay what they are, unless `regex-scope: host` is in the ConfigMap" },
      },
      'x-forwarded-prefix': {
        parse: capturePath,
        doc: 'The header `X-Forwarded-Prefix` for the backend; `$1` to `$9` are groups of the rule path. Only together with a `rewrite-target` that changes something.',
        example: '/shop',
        risk: 'medium',
        like: { different: 'a value that is refused leaves the header out, instead of the whole Ingress' },
      },
    },
  },
  {
    isPattern: ({ 'use-regex': isRegex, 'rewrite-target': target }, place) =>
      place.kind !== 'catch-all' && (isRegex === true || rewrites(target, place)),
    emit: (values, { place }) => {
      const { 'rewrite-target': target, 'x-forwarded-prefix': prefix } = values;
      return {
        ...(rewrites(target, place) ? { rewrite: rewriteOf(place, target), ...(prefix ? prefixOf(prefix) : {}) } : {}),
        withoutEffect:
          prefix !== undefined && target === undefined
            ? [{ key: 'x-forwarded-prefix', reason: 'x-forwarded-prefix has no effect without rewrite-target.' }]
            : [],
      };
    },
  },
);

function rewrites(target: CapturePath | undefined, place: FeaturePlace): target is CapturePath {
  return target !== undefined && target.text !== place.path && place.kind !== 'catch-all';
}

/** The groups are kept at once: the expressions of maps that headers are made with would overwrite them. */
function prefixOf({ word }: CapturePath): Contribution {
  const kept = variable('gatehouse_forwarded_prefix');
  return {
    directives: [directive('set', kept, word)],
    headers: { request: [{ name: 'X-Forwarded-Prefix', value: kept }] },
  };
}

function rewriteOf({ path }: FeaturePlace, { word }: CapturePath): Rewrite {
  return { pattern: `(?i)${path}`, to: word };
}
