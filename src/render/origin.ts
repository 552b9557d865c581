import type { ObjectRef } from '../model/objects.ts';

const originComment = /^ *# (Ingress) ([a-z0-9.-]+)\/([a-z0-9.-]+) spec\./;

/** The Ingress whose block a line (counted from 1) of a printed configuration stands in: the nearest origin named above it within the same block. */
export function originAt(config: string, line: number): ObjectRef | undefined {
  const lines = config.split('\n').slice(0, line);
  for (const text of lines.reverse()) {
    const match = originComment.exec(text);
    if (match) return { kind: 'Ingress', namespace: match[2] ?? '', name: match[3] ?? '' };
    if (/^ {0,4}(?:server|upstream|map|http) /.test(text)) return undefined;
  }
  return undefined;
}
