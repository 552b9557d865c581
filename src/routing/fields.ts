/** So many rules, and paths of a rule, have names that are kept; those after them are rare. */
const keptRules = 64;
const keptPaths = 64;
const kept = new Map<number, string>();

/** The field of a rule, counted from 0. The same text is one string for all Ingresses: each location of a topology holds on to one. */
export function ruleField(rule: number): string {
  return remember(rule, rule * (keptPaths + 1), () => `spec.rules[${rule}]`);
}

/** The field of a path of a rule. */
export function pathField(rule: number, path: number): string {
  const field = () => `spec.rules[${rule}].http.paths[${path}]`;
  return path < keptPaths ? remember(rule, rule * (keptPaths + 1) + path + 1, field) : field();
}

function remember(rule: number, key: number, make: () => string): string {
  if (rule >= keptRules) return make();
  const known = kept.get(key) ?? make();
  if (!kept.has(key)) kept.set(key, known);
  return known;
}
