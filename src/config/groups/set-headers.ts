import type { ConfigContribution } from '../../annotations/define.ts';
import { headerNames, type ObjectName, objectName } from '../../annotations/parsers.ts';
import { refOf } from '../../model/objects.ts';
import { type GroupContext, group } from '../define.ts';
import { type Direction, type HeaderValue, readHeaders } from '../header-values.ts';

/** Headers for all backends and all clients. */
export default group(
  {
    title: 'Headers for all hosts',
    keys: {
      'proxy-set-headers': {
        parse: objectName,
        doc: 'A ConfigMap, as `namespace/name` or `name`, of headers that every backend gets: names to values, in which variables of NGINX such as `$host` may stand. An empty value removes the header.',
        example: 'ingress-nginx/request-headers',
        defaultText: '',
        names: 'ConfigMap',
        like: {
          different:
            'a header that is sent anyway is replaced, not sent twice; a change is live at once; only variables that can do no harm; names that frame a message are refused',
        },
      },
      'add-headers': {
        parse: objectName,
        doc: 'The same for every client, on every answer. A header of that name from the backend is not passed on.',
        example: 'ingress-nginx/response-headers',
        defaultText: '',
        names: 'ConfigMap',
        like: { different: 'a change is live at once; only variables that can do no harm; names that NGINX itself sends are refused' },
      },
      'hide-headers': {
        parse: headerNames,
        doc: 'Headers of backends, separated by commas, that clients do not get.',
        example: 'X-Powered-By,X-AspNet-Version',
        default: [],
        defaultText: '',
        lines: true,
        like: 'same',
      },
    },
  },
  (values, context): ConfigContribution => {
    const toBackends = named(values['proxy-set-headers'], { key: 'proxy-set-headers', direction: 'request' }, context);
    const toClients = named(values['add-headers'], { key: 'add-headers', direction: 'response' }, context);
    return {
      ownHeaders: {
        request: toBackends.headers.map(({ name, value }) => ({ name, value })),
        response: toClients.headers.filter((one) => !one.isEmpty).map(({ name, value }) => ({ name, value, always: true })),
        hidden: [...values['hide-headers'], ...toClients.headers.map(({ name }) => name)],
      },
      problems: [...toBackends.problems, ...toClients.problems],
      warnings: [...toBackends.warnings, ...toClients.warnings],
    };
  },
);

interface Asked {
  readonly key: string;
  readonly direction: Direction;
}

type Named = Required<Pick<ConfigContribution, 'problems' | 'warnings'>> & { readonly headers: readonly HeaderValue[] };

/** More would be a mistake: each of them is repeated in every location that has headers of its own. */
const most = 100;

/** The values may be secrets, so that no message shows one. */
function named(name: ObjectName | undefined, { key, direction }: Asked, { configMap }: GroupContext): Named {
  const none: Named = { headers: [], problems: [], warnings: [] };
  if (name === undefined) return none;
  const found = configMap(name);
  const problem = (reason: string): Named => ({ ...none, problems: [{ key, reason }] });
  if (!found) return problem('there is no such ConfigMap');
  const count = Object.keys(found.data).length;
  if (count > most) return problem(`the ConfigMap has ${count} headers, and at most ${most} are taken`);
  const { headers, problems } = readHeaders(found.data, direction);
  return {
    ...none,
    headers,
    warnings: problems.map((one) => ({
      object: refOf(found),
      key: one.name,
      code: 'ConfigMapInvalid',
      message: `the header ${one.name} is refused: ${one.reason}. ${key} leaves it out.`,
    })),
  };
}
