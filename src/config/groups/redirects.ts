import * as shared from '../../annotations/config-keys.ts';
import { listOf, matching, type Parser, refused } from '../../annotations/parsers.ts';
import { group } from '../define.ts';

const code: Parser<301 | 302 | 307 | 308> = (text) => {
  const found = ([301, 302, 307, 308] as const).find((one) => String(one) === text);
  return found === undefined ? refused('write 301, 302, 307 or 308') : { ok: true, value: found };
};

/** How plain http is sent to https, beside what annotations say. */
export default group({
  title: 'Redirects',
  keys: {
    [shared.httpRedirectCode.key]: {
      parse: code,
      doc: 'The status with which plain http is sent to https.',
      example: '301',
      default: shared.httpRedirectCode.default,
      defaultText: '308',
      like: 'same',
    },
    [shared.noTlsRedirectLocations.key]: {
      parse: listOf(matching(/\/[A-Za-z0-9/._~-]*/, 'a path such as /.well-known/acme-challenge')),
      doc: 'Rule paths that begin with one of these are not sent to https; separated by commas. The path of the request does not count.',
      example: '/.well-known/acme-challenge',
      default: shared.noTlsRedirectLocations.default,
      defaultText: '/.well-known/acme-challenge',
      emptyAs: [],
      like: 'same',
    },
  },
});
