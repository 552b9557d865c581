/** Decides by the labels of an object. */
export type LabelSelector = (labels: Readonly<Record<string, string>>) => boolean;

export type ParsedSelector = { readonly ok: true; readonly matches: LabelSelector } | { readonly ok: false; readonly message: string };

const key = '((?:[a-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)';
const value = '((?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?)';
const equality = new RegExp(String.raw`^${key}\s*(==?|!=)\s*${value}$`);
const membership = new RegExp(String.raw`^${key}\s+(in|notin)\s*\(([^()]*)\)$`);
const existence = new RegExp(String.raw`^(!?)\s*${key}$`);

/**
 * Reads a label selector as kubectl writes it: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, joined by commas, all of
 * which have to hold. As in Kubernetes, `!=` and `notin` also match objects without the label.
 */
export function parseLabelSelector(text: string): ParsedSelector {
  const requirements: LabelSelector[] = [];
  for (const part of text.split(/,(?![^(]*\))/).map((one) => one.trim())) {
    const requirement = parseRequirement(part);
    if (!requirement) return { ok: false, message: `"${part}" is not a label requirement such as "team=web" or "team in (web, shop)"` };
    requirements.push(requirement);
  }
  return { ok: true, matches: (labels) => requirements.every((matches) => matches(labels)) };
}

function parseRequirement(part: string): LabelSelector | undefined {
  const [, equalKey, operator, equalValue] = equality.exec(part) ?? [];
  if (equalKey !== undefined && equalValue !== undefined) return among(equalKey, [equalValue], operator !== '!=');
  const [, setKey, word, list] = membership.exec(part) ?? [];
  if (setKey !== undefined && list !== undefined) {
    const values = list.split(',').map((one) => one.trim());
    const valid = values.every((one) => new RegExp(`^${value}$`).test(one));
    return valid ? among(setKey, values, word === 'in') : undefined;
  }
  const [, not, presentKey] = existence.exec(part) ?? [];
  return presentKey === undefined ? undefined : (labels) => Object.hasOwn(labels, presentKey) === (not !== '!');
}

function among(name: string, values: readonly string[], wanted: boolean): LabelSelector {
  return (labels) => {
    const actual = Object.hasOwn(labels, name) ? labels[name] : undefined;
    return (actual !== undefined && values.includes(actual)) === wanted;
  };
}
