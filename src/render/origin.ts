import type { ObjectRef } from '../model/objects.ts';

const originComment = /^ *# Ingress ([a-z0-9.-]+)\/([a-z0-9.-]+) spec\./;
const locationStart = /^ {8}location /;
const locationEnd = /^ {8}\}$/;

/**
 * The Ingress whose location block a line (counted from 1) of a printed configuration stands in, or whose entry of a map it is. The comment
 * above names it; no comment or no block, as for what several Ingresses share: undefined.
 */
export function originAt(config: string, line: number): ObjectRef | undefined {
  const lines = config.split('\n', line);
  const above = namedIn(lines[line - 2] ?? '');
  if (above) return above;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const text = lines[index] ?? '';
    if (locationStart.test(text)) return namedIn(lines[index - 1] ?? '');
    if (locationEnd.test(text) && index < line - 1) return undefined;
  }
  return undefined;
}

function namedIn(comment: string): ObjectRef | undefined {
  const match = originComment.exec(comment);
  return match ? { kind: 'Ingress', namespace: match[1] ?? '', name: match[2] ?? '' } : undefined;
}
