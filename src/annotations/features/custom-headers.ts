import type { ResponseHeader } from '../../model/routing.ts';
import { allowedResponseHeaders } from '../config-keys.ts';
import { feature } from '../define.ts';
import { headerProblem } from '../header-names.ts';
import { hasControl } from '../messages.ts';
import { accepted, headerName, objectName, type Parsed, refused } from '../parsers.ts';

/** Headers for clients. They may be what keeps a page safe in a browser, so that nothing is served without them. */
export default feature(
  {
    title: 'Headers for clients',
    scope: 'location',
    whenInvalid: 'deny',
    keys: {
      'custom-headers': {
        parse: objectName,
        doc: 'A ConfigMap, as `name` or `namespace/name`, of headers that clients get with every answer: names to values, which are taken as they are. A header of that name from the backend is not passed on. `global-allowed-response-headers` of the ConfigMap has to list the names.',
        example: 'default/security-headers',
        risk: 'medium',
        names: 'ConfigMap',
        like: {
          stricter:
            'a value that names no object is 503 instead of no headers; another namespace only where the ConfigMap allows it; names that NGINX itself sends are refused',
        },
      },
    },
  },
  {
    emit: ({ 'custom-headers': name }, { configMap, config }) => {
      if (!name) return {};
      const found = configMap(name);
      const headers = found.ok ? headersOf(found.value.data, config(allowedResponseHeaders)) : found;
      if (!headers.ok) return { deny: { key: 'custom-headers', reason: headers.reason } };
      return { headers: { response: headers.value, hidden: headers.value.map((one) => one.name) } };
    },
  },
);

/** The longest value that NGINX reads in a configuration, with quotes and what has to be escaped. */
const longest = 3900;

function headersOf(data: Readonly<Record<string, string>>, listed: readonly string[]): Parsed<readonly ResponseHeader[]> {
  const allowed = new Set(listed.map((name) => name.toLowerCase()));
  const headers = new Map<string, ResponseHeader>();
  for (const [name, text] of Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const problem = problemOf(name, text.trim()) ?? notAllowed(name, allowed) ?? doubled(name, headers);
    if (problem !== undefined) return refused(`${JSON.stringify(name.slice(0, 64))} of the ConfigMap cannot be sent: ${problem}`);
    headers.set(name.toLowerCase(), { name, value: { text: text.trim() }, always: true });
  }
  return accepted([...headers.values()]);
}

function problemOf(name: string, text: string): string | undefined {
  const parsed = headerName(name);
  if (!parsed.ok) return 'a name has at most 64 letters, digits, - and _';
  if (hasControl(text)) return 'the value contains a line break or another control character';
  if (Buffer.byteLength(JSON.stringify(text)) > longest) return `the value has more than ${longest} bytes`;
  return headerProblem(name, 'response');
}

function notAllowed(name: string, allowed: ReadonlySet<string>): string | undefined {
  return allowed.has(name.toLowerCase()) ? undefined : `${allowedResponseHeaders.key} of the ConfigMap does not list it`;
}

function doubled(name: string, headers: ReadonlyMap<string, ResponseHeader>): string | undefined {
  const earlier = headers.get(name.toLowerCase());
  return earlier && `it is there already as ${earlier.name}`;
}
