import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type Ingress, refOf } from '../model/objects.ts';
import { closest } from '../model/suggestions.ts';
import { type Effect, keys, switches } from './keys.ts';

/** What the annotations of an Ingress allow to be done with it. */
export interface Verdict {
  /** `deny`: every path of it answers 503; `leave-out`: it is not served at all. */
  readonly kind: 'serve' | 'deny' | 'leave-out';
  readonly diagnostics: readonly Diagnostic[];
}

/** Nothing to say about an Ingress. */
const clean: Verdict = { kind: 'serve', diagnostics: [] };

/** The values by which Go's ParseBool means false. */
const no = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * Judges the annotations under the prefix. None is carried out yet, so an Ingress with one that guards access must not be served as
 * if it had none: it is denied, also when the value is empty or invalid. Annotations under other prefixes are left alone.
 */
export function judgeAnnotations(ingress: Ingress, prefix: string): Verdict {
  const own = Object.entries(ingress.metadata.annotations).filter(([name]) => name.startsWith(`${prefix}/`));
  if (own.length === 0) return clean;
  const judged = own.map(([name, value]) => judge(ingress, name, name.slice(prefix.length + 1), value));
  const effects = new Set(judged.map((one) => one.effect));
  const kind = effects.has('guard') ? 'deny' : effects.has('canary') ? 'leave-out' : 'serve';
  return { kind, diagnostics: judged.flatMap((one) => one.diagnostics) };
}

interface Judged {
  readonly effect: Effect | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

function judge(ingress: Ingress, name: string, key: string, value: string): Judged {
  const known = keys.get(key);
  const effect = known ?? guardMeant(key);
  if (switches.has(key) && no.has(value.trim())) return { effect: undefined, diagnostics: [] };
  const field = `metadata.annotations[${JSON.stringify(name)}]`;
  const say = (code: Diagnostic['code'], message: string): Judged => ({
    effect,
    diagnostics: [diagnostic(code, refOf(ingress), field, message)],
  });
  if (known === undefined) return say('AnnotationUnknown', unknownMessage(key, effect));
  if (known === 'guard') return say('AnnotationGuardUnsupported', guardMessage(key));
  if (known === 'canary') {
    return say(
      'AnnotationCanaryUnsupported',
      'canary Ingresses are not supported yet, so this one is not served; its primary gets all requests.',
    );
  }
  return say('AnnotationUnsupported', `${key} is not supported yet; this Ingress is served without it.`);
}

/** A key that is a guard but for its spelling was meant to keep somebody out; nobody can tell that it was not. */
function guardMeant(key: string): Effect | undefined {
  const meant = closest(key, keys.keys());
  return meant !== undefined && keys.get(meant) === 'guard' ? 'guard' : undefined;
}

function unknownMessage(key: string, effect: Effect | undefined): string {
  const meant = closest(key, keys.keys());
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  const consequence = effect === 'guard' ? 'As that one guards access, the paths of this Ingress answer 503.' : 'It is ignored.';
  return `there is no annotation ${key}.${hint} ${consequence}`;
}

function guardMessage(key: string): string {
  const instead = key.endsWith('-snippet')
    ? 'Snippets are not supported, and one may guard access'
    : `${key} guards access and is not supported yet`;
  return `${instead}, so the paths of this Ingress answer 503. Remove it only if everybody may reach them.`;
}
