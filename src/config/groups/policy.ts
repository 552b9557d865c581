import * as shared from '../../annotations/config-keys.ts';
import { bool, headerName, listOf, matching, oneOf } from '../../annotations/parsers.ts';
import { group } from '../define.ts';

/** A rule path, as text. */
const pathPrefix = matching(/\/[A-Za-z0-9/._~-]*/, 'a path such as /.well-known/acme-challenge');

/** What Ingresses may ask for. */
export default group({
  title: 'What annotations may do',
  keys: {
    [shared.riskLevel.key]: {
      parse: oneOf(...shared.risks),
      doc: 'The highest risk of an annotation that is taken. An Ingress with a higher one answers 503.',
      example: 'Medium',
      default: shared.riskLevel.default,
      defaultText: 'High',
      otherwise: { value: 'Low', says: 'It counts as Low.' },
      like: { different: 'the Ingress answers 503 instead of 404' },
    },
    [shared.wordBlocklist.key]: {
      parse: listOf(matching(/.+/, 'words', 200)),
      doc: 'Words, separated by commas. An Ingress whose annotations contain one answers 503.',
      example: 'load_module,serviceaccount',
      default: shared.wordBlocklist.default,
      defaultText: '',
      like: { different: 'the Ingress answers 503 instead of 404' },
    },
    [shared.allowCrossNamespace.key]: {
      parse: bool,
      doc: 'Whether annotations may name Secrets and ConfigMaps of other namespaces.',
      example: 'true',
      default: shared.allowCrossNamespace.default,
      defaultText: 'false',
      like: { stricter: 'it holds for `custom-headers` as well' },
    },
    [shared.allowedResponseHeaders.key]: {
      parse: listOf(headerName),
      doc: 'Names of the headers that `custom-headers` may set, separated by commas.',
      example: 'X-Frame-Options,Content-Security-Policy',
      default: shared.allowedResponseHeaders.default,
      defaultText: '',
      like: { different: 'names are compared without regard to case' },
    },
    [shared.noAuthLocations.key]: {
      parse: listOf(pathPrefix),
      doc: 'Rule paths that need no authentication, with all below them; separated by commas.',
      example: '/.well-known/acme-challenge,/health',
      default: shared.noAuthLocations.default,
      defaultText: '/.well-known/acme-challenge',
      emptyAs: [],
      like: { stricter: 'compared by path element: `/open` does not exempt a rule `/openly`' },
    },
    [shared.regexScope.key]: {
      parse: oneOf('ingress', 'host'),
      doc: 'Whether a regular expression makes one of the paths of its own Ingress (`ingress`), or of every path of the host (`host`), as in ingress-nginx.',
      example: 'host',
      default: shared.regexScope.default,
      defaultText: 'ingress',
      like: { different: 'a key of Gatehouse' },
    },
  },
});
