import type { Alias } from '../../model/routing.ts';
import { feature } from '../define.ts';
import { accepted, listOf, type Parser } from '../parsers.ts';
import { checkPattern, hostName } from '../parsers-http.ts';

/** `host`, `*.host`, or a regular expression after `~`. */
const alias: Parser<Alias['name']> = (text) => {
  if (text.startsWith('~')) {
    const pattern = checkPattern(text.slice(1).replace(/^\*/, '(?i)'));
    return pattern.ok ? accepted({ kind: 'pattern', pattern: pattern.value }) : pattern;
  }
  const isSuffix = text.startsWith('*.');
  const name = hostName(isSuffix ? text.slice(2) : text);
  if (!name.ok) return name;
  return accepted(isSuffix ? { kind: 'suffix', suffix: name.value } : { kind: 'exact', host: name.value });
};

/** Further names of a host. */
export default feature(
  {
    title: 'Further names of a host',
    scope: 'host',
    whenInvalid: 'ignore',
    keys: {
      'server-alias': {
        parse: listOf(alias),
        doc: 'Further names of the hosts of this Ingress, separated by commas: `name`, `*.name` (any number of labels), or a regular expression after `~`. A name that is a host with rules of its own stays that host. Plain http is sent to https only for names that the certificate covers.',
        example: 'www.example.com,*.example.org',
        risk: 'high',
        like: {
          different:
            'a name with a star never takes what a wildcard host takes, nor does a regular expression; a value that is refused is left out, instead of the whole Ingress',
        },
      },
    },
  },
  { emit: (values) => ({ serverNames: values['server-alias'] ?? [] }) },
);
