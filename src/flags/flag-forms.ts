import { Option } from 'commander';
import { goBool, goDuration, namespacedName, port } from './values.ts';

/** Makes the declaration of one flag. Each command needs its own, as commander keeps what was given in it. */
export type Flag = () => Option;

/** A flag with any text. */
export const text =
  (name: string, what: string, fallback?: string): Flag =>
  () =>
    new Option(`--${name} <value>`, what).default(fallback);

/** As Go's flags: the bare name means true, and a value follows `=`. */
export const bool =
  (name: string, what: string, fallback: boolean): Flag =>
  () =>
    new Option(`--${name} [bool]`, what).default(fallback).argParser(goBool);

/** A flag that names an object. */
export const named =
  (name: string, what: string): Flag =>
  () =>
    new Option(`--${name} <namespace/name>`, what).argParser(namespacedName);

/** A flag with a port. */
export const listen =
  (name: string, what: string, fallback?: number): Flag =>
  () =>
    new Option(`--${name} <port>`, what).default(fallback).argParser(port);

/** A flag with a time, which is given in seconds or milliseconds afterwards. */
export const duration =
  (name: string, what: string, fallback: number, unit: 's' | 'ms'): Flag =>
  () =>
    new Option(`--${name} <duration>`, what).default(fallback).argParser((value: string) => goDuration(value, unit));

/** Accepted for old command lines: what they ask for is how Gatehouse always works. */
export const accepted =
  (name: string): Flag =>
  () =>
    new Option(`--${name} [value]`).hideHelp();
