import ipaddr from 'ipaddr.js';

/** What became of a value; `reason` goes on after "… is refused: " and says what would be right. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Turns the text of an annotation or of a ConfigMap key into a value. The text is trimmed, not empty, and has no control character. */
export type Parser<T> = (text: string) => Parsed<T>;

/** What a parser makes. */
export type ValueOf<P> = P extends Parser<infer T> ? T : never;

/** The value was understood. */
export function accepted<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** The value was not; the reason begins in lower case and says what would be right. */
export function refused(reason: string): Parsed<never> {
  return { ok: false, reason };
}

/** Go's ParseBool, as in ingress-nginx: `yes` and `on` are not among it. */
export const bool: Parser<boolean> = (text) => {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return accepted(true);
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return accepted(false);
  return refused('write "true" or "false"');
};

/** A whole number within limits; no unit. */
export function int({ min, max }: { readonly min: number; readonly max: number }, unit = ''): Parser<number> {
  const wanted = `write a whole number${unit} from ${min} to ${max}`;
  return (text) => {
    const number = Number(text);
    return /^[+-]?\d{1,15}$/.test(text) && number >= min && number <= max ? accepted(number) : refused(wanted);
  };
}

/** Seconds, without a unit; at most the 24 days that NGINX's timers hold. */
export function seconds({ min = 1, max = 2_147_483 }: { readonly min?: number; readonly max?: number } = {}): Parser<number> {
  return int({ min, max }, ' of seconds, without a unit,');
}

/** A size as NGINX reads it. */
export interface Size {
  readonly text: string;
  readonly bytes: number;
}

const factors: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `8m`: bytes, or with `k`, `m` or `g` in any case. NGINX itself knows `g` only for offsets such as the length of a body, and never `b`. */
export function size({ min = 0, max = 1024 ** 4 }: { readonly min?: number; readonly max?: number } = {}): Parser<Size> {
  return (text) => {
    const [, digits = '', unit = ''] = /^(\d{1,12})([bkmg]?)$/i.exec(text) ?? [];
    const bytes = Number(digits) * (factors[unit.toLowerCase()] ?? 1);
    if (digits === '') return refused('write a number of bytes, with k, m or g behind it for larger units, such as 8m');
    if (bytes < min || bytes > max) return refused(`the size has to be from ${min} to ${max} bytes`);
    return accepted({ text: sizeText(Number(digits), unit.toLowerCase()), bytes });
  };
}

function sizeText(number: number, unit: string): string {
  if (unit === 'g') return `${number * 1024}m`;
  return `${number}${unit === 'b' ? '' : unit}`;
}

/** One of a few words, in this case of letters. */
export function oneOf<const W extends readonly string[]>(...words: W): Parser<W[number]> {
  const wanted = `write ${orList(words)}`;
  return (text) => {
    const found = words.find((word) => word === text);
    return found === undefined ? refused(wanted) : accepted(found);
  };
}

/** Text of certain characters alone. `allowed` is matched against the whole; `wanted` goes on after "write ". */
export function matching(allowed: RegExp, wanted: string, longest = 1000): Parser<string> {
  const whole = new RegExp(`^(?:${allowed.source})$`, allowed.flags);
  return (text) => {
    if (text.length > longest) return refused(`it has ${text.length} characters, and at most ${longest} are taken`);
    return whole.test(text) ? accepted(text) : refused(`write ${wanted}`);
  };
}

/** Parts of a text, each parsed; empty parts are left out, and what is there twice counts once, as NGINX warns of it. */
export function listOf<P extends Parser<unknown>>(part: P, separator: RegExp = /,/): Parser<readonly ValueOf<P>[]> {
  return (text) => {
    const values: ValueOf<P>[] = [];
    for (const one of text.split(separator).map((each) => each.trim())) {
      if (one === '') continue;
      const parsed = part(one);
      if (!parsed.ok) return refused(`${JSON.stringify(one.slice(0, 60))} is wrong: ${parsed.reason}`);
      values.push(parsed.value as ValueOf<P>);
    }
    return values.length === 0 ? refused('the list is empty') : accepted([...new Set(values)]);
  };
}

/** An address or a network, in its shortest form, with the bits behind the mask set to zero. */
export const cidr: Parser<string> = (text) => {
  const wanted = 'write an address or a network, such as 10.0.0.0/8 or fd00::/8';
  const [address = '', mask, more] = text.split('/');
  const isStrict = address.includes(':')
    ? ipaddr.IPv6.isValid(address) && !address.includes('%')
    : ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!isStrict || more !== undefined) return refused(wanted);
  const parsed = ipaddr.parse(address);
  if (mask === undefined) return accepted(parsed.toString());
  const most = parsed.kind() === 'ipv4' ? 32 : 128;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(mask) || Number(mask) > most) return refused(wanted);
  const network = parsed.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
  return accepted(`${network.toString()}/${mask}`);
};

/** A list of addresses and networks, separated by commas. */
export const cidrList: Parser<readonly string[]> = listOf(cidr);

/** The name of a header (RFC 9110 allows more signs, but no gateway passes them on alike). */
export const headerName: Parser<string> = matching(/[A-Za-z0-9][A-Za-z0-9_-]*/, 'a header name of letters, digits, - and _', 64);

/** A list of header names, separated by commas. */
export const headerNames: Parser<readonly string[]> = listOf(headerName);

/** Names an object: `name` in the namespace of the Ingress, or `namespace/name`. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

/** `name`, `/name` or `namespace/name`. */
export const objectName: Parser<ObjectName> = (text) => {
  const [, namespace = '', name] = /^(?:([a-z0-9]?[a-z0-9-]{0,62})\/)?([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/.exec(text) ?? [];
  if (name === undefined) return refused('write the name of an object, or namespace/name');
  return accepted(namespace === '' ? { name } : { namespace, name });
};

/** `"a", "b" or "c"`. */
export function orList(words: readonly string[]): string {
  const quoted = words.map((word) => JSON.stringify(word));
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} or ${last}`;
}
