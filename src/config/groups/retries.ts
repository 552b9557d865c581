import { retryNonIdempotent } from '../../annotations/config-keys.ts';
import { bool } from '../../annotations/parsers.ts';
import { group } from '../define.ts';

/** Retries, beside what annotations say. */
export default group({
  title: 'Retries',
  keys: {
    [retryNonIdempotent.key]: {
      parse: bool,
      doc: 'Whether POST, LOCK and PATCH are sent to the next endpoint too.',
      example: 'true',
      default: retryNonIdempotent.default,
      defaultText: 'false',
      like: 'same',
    },
  },
});
