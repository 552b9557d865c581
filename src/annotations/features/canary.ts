import type { CanaryRule } from '../contribution.ts';
import { feature, type Keys, type Values } from '../define.ts';
import { bool, headerName, int, matching, oneOf } from '../parsers.ts';
import { checkPattern } from '../parsers-http.ts';

/** The signs that ingress-nginx takes in values of headers. */
const plainValue = matching(/[A-Za-z0-9/._~:-]+/, 'letters, digits and / - . _ ~ :', 200);

const keys = {
  canary: {
    parse: bool,
    doc: 'Makes this Ingress an alternative: it takes no path, but a share of the requests of the Ingress of its namespace that has the same host, path and path type.',
    example: 'true',
    risk: 'low',
    default: false,
    defaultText: 'false',
    whenInvalid: 'deny',
    like: { different: 'it holds for the rules that it names, not for every path of the same Service, and only in its own namespace' },
  },
  'canary-by-header': {
    parse: headerName,
    doc: 'A header of the request: `always` leads to the canary, `never` to the primary, anything else to the next rule.',
    example: 'X-Canary',
    risk: 'medium',
    like: 'same',
  },
  'canary-by-header-value': {
    parse: plainValue,
    doc: 'The value of the header that leads to the canary; `always` and `never` then mean nothing.',
    example: 'beta',
    risk: 'medium',
    like: 'same',
  },
  'canary-by-header-pattern': {
    parse: checkPattern,
    doc: 'A regular expression for the value of the header that leads to the canary; without effect beside `canary-by-header-value`.',
    example: 'beta|gamma',
    risk: 'medium',
    like: { stricter: 'an expression that cannot be read is refused, and the next rule counts; there it leads to the primary at once' },
  },
  'canary-by-cookie': {
    parse: matching(/[A-Za-z0-9_.-]+/, 'the name of a cookie: letters, digits and _ . -', 100),
    doc: 'A cookie of the request: `always` leads to the canary, `never` to the primary, anything else to the weight.',
    example: 'canary',
    risk: 'medium',
    like: { stricter: 'names with `/`, `~` or `:` are refused' },
  },
  'canary-weight': {
    parse: int({ min: 0, max: 1_000_000 }),
    doc: 'The share of all other requests that the canary gets, out of `canary-weight-total`. A change needs no reload.',
    example: '10',
    risk: 'low',
    default: 0,
    defaultText: '0',
    like: { stricter: 'negative numbers are refused; shares are kept to one in a million' },
  },
  'canary-weight-total': {
    parse: int({ min: 1, max: 1_000_000 }),
    doc: 'What the weight is a part of. Counts only above 100.',
    example: '1000',
    risk: 'low',
    default: 100,
    defaultText: '100',
    like: 'same',
  },
  'affinity-canary-behavior': {
    parse: oneOf('sticky', 'legacy'),
    doc: 'Where the primary has session affinity: `sticky`, a client with its cookie stays on the side where it got it, canary or primary, whatever header, other cookies and weight say, and the canary has the affinity of the primary; `legacy`, each request is decided anew.',
    example: 'legacy',
    risk: 'low',
    default: 'sticky',
    defaultText: 'sticky',
    like: { different: '`legacy` ignores affinity, as the documentation says; there clients of the primary stay with it all the same' },
  },
} as const satisfies Keys;

/** An alternative to the Service of another Ingress, for some of the requests. Header before cookie before weight. */
export default feature(
  {
    title: 'Canary',
    scope: 'location',
    whenInvalid: 'ignore',
    isAlternative: (values) => values['canary'] === true,
    keys,
  },
  {
    emit: (values) => {
      if (values.canary === true) return { canary: ruleOf(values) };
      const idle = Object.entries(values).filter(([key, value]) => key !== 'canary' && value !== undefined);
      return { withoutEffect: idle.map(([key]) => ({ key, reason: `${key} has no effect without canary: "true".` })) };
    },
  },
);

function ruleOf(values: Values<typeof keys>): CanaryRule {
  const { 'canary-by-header': header, 'canary-by-cookie': cookie, 'canary-weight': weight } = values;
  const [exact, pattern] = [values['canary-by-header-value'], values['canary-by-header-pattern']];
  const total = Math.max(100, values['canary-weight-total'] ?? 100);
  const value = exact !== undefined ? { exact } : pattern !== undefined ? { pattern } : undefined;
  return {
    ...(header === undefined ? {} : { header: { name: header, ...(value ? { value } : {}) } }),
    ...(cookie === undefined ? {} : { cookie }),
    keepsClients: values['affinity-canary-behavior'] !== 'legacy',
    ...(weight === undefined ? {} : { share: Math.min(1, weight / total) }),
  };
}
