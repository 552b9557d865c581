import type { Code } from '../../model/diagnostic.ts';

/** A complaint about one field, before it is known which object it belongs to. */
export interface Issue {
  readonly code: Code;
  readonly field: string;
  readonly message: string;
}

/** Collects what is wrong with one object while it is decoded. */
export interface Issues {
  /** The API refuses this field: the object cannot be used. */
  readonly invalid: (field: string, message: string) => void;
  /** The object can be used all the same. */
  readonly warn: (code: Code, field: string, message: string) => void;
  readonly failed: () => boolean;
  /** Names that are not known or not valid must not be shown: a slip of the indentation makes a name of what is secret. */
  readonly isSecret: boolean;
  readonly list: () => readonly Issue[];
}

/** More than anybody reads; keeps a hostile object from filling the memory with complaints. */
const limit = 100;

/** Makes an empty collection of complaints. */
export function createIssues(isSecret = false): Issues {
  const issues: Issue[] = [];
  let failed = false;
  const add = (issue: Issue): void => {
    if (issues.length < limit) issues.push(issue);
  };
  return {
    invalid: (field, message) => {
      // The first error must not drown in warnings, as it alone says why the object is refused.
      if (!failed && issues.length === limit) issues.pop();
      failed = true;
      add({ code: 'ObjectInvalid', field, message });
    },
    warn: (code, field, message) => add({ code, field, message }),
    isSecret,
    failed: () => failed,
    list: () => issues,
  };
}

/** A value as a message shows it: quoted, escaped, and cut when it is long. */
export function quoted(value: string): string {
  const longest = 80;
  return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value);
}
