/** A value for a message: quoted, and cut at 100 characters. */
export function shown(text: string): string {
  return text.length > 100 ? `${JSON.stringify(text.slice(0, 100))}…` : JSON.stringify(text);
}

/** Whether a text has characters that no value may have: line breaks and their like end lines of a file, and nobody sees the others. */
export function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
