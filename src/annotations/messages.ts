/** A value for a message: quoted, and cut at 100 characters. */
export function shown(text: string): string {
  return text.length > 100 ? `${JSON.stringify(text.slice(0, 100))}…` : JSON.stringify(text);
}

/** The field of an annotation, as diagnostics name it. */
export function annotationField(name: string): string {
  return `metadata.annotations[${JSON.stringify(name)}]`;
}

/** What is said of a value that is refused: the value, the reason, what would be right, and what becomes of the Ingress. */
export function refusalMessage(refused: {
  readonly key: string;
  readonly text: string;
  readonly reason: string;
  readonly example?: string;
  /** Whether it denies: the paths of the Ingress, or whole hosts. */
  readonly guards: boolean | 'host';
  /** What becomes of it, where it is not simply ignored. */
  readonly otherwise?: string;
}): string {
  const { key, text, reason, example, guards, otherwise = 'It is ignored.' } = refused;
  const instead = example === undefined ? '' : `, for example ${JSON.stringify(example)}`;
  const denied =
    guards === 'host'
      ? 'As it guards whole hosts, those of this Ingress answer 403.'
      : 'As it guards access, the paths of this Ingress answer 503.';
  const consequence = guards ? denied : otherwise;
  return `${key}: ${shown(text)} is refused: ${reason}${instead}. ${consequence}`;
}

/** What is said of a guard without a value. */
export function emptyMessage(key: string, example: string, guardsHost: boolean): string {
  return `${key} is empty, and nobody can tell what it was to guard, so ${denialText(guardsHost)}. Write a value such as ${JSON.stringify(example)}, or remove the annotation.`;
}

/** What becomes of an Ingress whose guard cannot hold. */
export function denialText(guardsHost: boolean): string {
  return guardsHost ? 'its hosts answer 403' : 'the paths of this Ingress answer 503';
}

/** Whether a text has characters that no value may have: line breaks and their like end lines of a file, and nobody sees the others. */
export function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
