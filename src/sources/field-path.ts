/** One step from a value to a part of it: the name of a field or map key, or the index in a list. */
export type Segment = string | number;

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** The path of a named field: `spec` and `rules` make `spec.rules`. */
export function fieldOf(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}

/** The path of a list item: `spec.rules` and 0 make `spec.rules[0]`. */
export function itemOf(parent: string, index: number): string {
  return `${parent}[${index}]`;
}

/** The path of an entry in a free map such as annotations; keys that are not plain words are quoted, as they may hold dots. */
export function keyOfMap(parent: string, key: string): string {
  return plainKey.test(key) ? fieldOf(parent, key) : `${parent}[${JSON.stringify(key)}]`;
}

/** The steps of a path that the functions above made. What cannot be read ends the list, so that the nearest parent is found. */
export function parseFieldPath(path: string): readonly Segment[] {
  const step = /\.?([^.[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  const segments: Segment[] = [];
  for (let match = step.exec(path); match; match = step.exec(path)) {
    const [, name, index, quoted] = match;
    if (name !== undefined) segments.push(name);
    else if (index !== undefined) segments.push(Number(index));
    else if (quoted !== undefined) segments.push(String(JSON.parse(quoted)));
  }
  return segments;
}
