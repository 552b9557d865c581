/** A value in DER, the one way of ITU-T X.690 to write ASN.1 down; here as much of it as a certificate (RFC 5280) needs. */
export type Der = Uint8Array<ArrayBuffer>;

/** Tags of X.690 8.1.2 for values that are given as bytes or as parts. */
export const tags = { integer: 0x02, octets: 0x04, printable: 0x13, sequence: 0x30, set: 0x31 } as const;

/** A tag of the form `[n]`: one value in place of what it says it is, or around others. */
export const context = (number: number, form: 'instead' | 'around'): number => (form === 'around' ? 0xa0 : 0x80) + number;

/** Joins a tag, the length of what follows (X.690 8.1.3), and that. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Der {
  const body = Buffer.concat(parts);
  const size = body.length < 0x80 ? [body.length] : longForm(body.length);
  return Buffer.concat([Uint8Array.of(tag, ...size), body]);
}

function longForm(length: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 + bytes.length, ...bytes];
}

/** The name of a thing in the tree of all names, such as `2.5.4.3` (X.690 8.19). */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** Seven bits a byte; all but the last have the eighth. */
function base128(value: number): readonly number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 + (rest % 128));
  return bytes;
}

/** Bits that fill whole bytes but for so many at the end (X.690 8.6). */
export function bits(bytes: Uint8Array, unused = 0): Der {
  return der(0x03, Uint8Array.of(unused), bytes);
}

/** True; what is false is left out, as that is the default. */
export const yes: Der = der(0x01, Uint8Array.of(0xff));

/** Nothing, where something has to be. */
export const nothing: Der = der(0x05);

/** A moment to the second: with two digits for years up to 2049, and four after that (RFC 5280 4.1.2.5). */
export function moment(time: Date): Der {
  const digits = `${time.toISOString().replace(/[-:T]|\..*$/g, '')}Z`;
  return time.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}
