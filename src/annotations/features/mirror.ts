import { directive } from '../../model/directive.ts';
import type { SideLocation } from '../../model/routing.ts';
import { type AuthUrl, mirrorUrl } from '../auth-url.ts';
import type { Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys } from '../define.ts';
import { matching, oneOf } from '../parsers.ts';
import { templateWord } from '../request-template.ts';

/** A copy of each request for somebody else, whose answer nobody sees. */
export default feature(
  {
    title: 'Mirror',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'mirror-target': {
        parse: mirrorUrl,
        doc: 'A URL that gets a copy of each request that may pass; its answer is dropped. Path and query may hold variables. A Service of the cluster is asked at its endpoints.',
        example: 'https://test.example.com$request_uri',
        risk: 'high',
        like: {
          stricter:
            'the host may not be a variable; a URL that is refused mirrors nothing instead of stopping every reload; addresses of this machine and its link are refused',
        },
      },
      'mirror-request-body': {
        parse: oneOf('on', 'off'),
        doc: 'Whether the copy has the body of the request, which is then read as a whole before the backend is asked.',
        example: 'off',
        risk: 'low',
        default: 'on',
        defaultText: 'on',
        like: 'same',
      },
      'mirror-host': {
        parse: matching(/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::\d{1,5})?/, 'a host name such as test.example.com', 260),
        doc: 'The `Host` header of the copy.',
        example: 'test.example.com',
        risk: 'high',
        defaultText: 'the host of `mirror-target`',
        like: { stricter: 'variables are refused' },
      },
    },
  },
  {
    emit: (values, context) => {
      const target = values['mirror-target'];
      if (target) return mirrored({ target, body: values['mirror-request-body'] ?? 'on', host: values['mirror-host'] }, context);
      const idle = (['mirror-request-body', 'mirror-host'] as const).filter((key) => values[key] !== undefined);
      return { withoutEffect: idle.map((key) => ({ key, reason: `${key} has no effect without mirror-target.` })) };
    },
  },
);

interface Copy {
  readonly target: AuthUrl;
  readonly body: 'on' | 'off';
  readonly host: string | undefined;
}

function mirrored({ target, body, host }: Copy, context: FeatureContext<Keys>): Contribution {
  const ignored = (reason: string): Contribution => ({ ignored: [{ key: 'mirror-target', reason }] });
  if (target.host === 'own') return ignored('with $host the copy would come back here; write the host that gets it');
  const { name } = target.host;
  const found = context.host(name, target.port);
  if (!found.ok) return ignored(found.reason);
  const { upstream } = found.value;
  const { word: uri, blocks } = templateWord(target.uri, context, 'line');
  const told = host ?? name;
  const side: SideLocation = {
    name: `/${context.unique('mirror', JSON.stringify([target.scheme, upstream, uri, told, body]))}`,
    origin: { object: context.ingress, field: 'metadata.annotations' },
    directives: [
      ...(body === 'off' ? [directive('proxy_pass_request_body', 'off')] : []),
      directive('proxy_intercept_errors', 'off'),
      ...(target.scheme === 'https' ? [directive('proxy_ssl_server_name', 'on'), directive('proxy_ssl_name', name)] : []),
    ],
    headers: {
      request: [
        { name: 'Host', value: { text: told } },
        { name: 'Connection', value: { text: '' } },
        ...(body === 'off' ? [{ name: 'Content-Length', value: { text: '' } }] : []),
      ],
      response: [],
      hidden: [],
    },
    bare: true,
    target: { kind: 'question', scheme: target.scheme, upstream, uri },
  };
  return {
    directives: [directive('mirror', side.name), directive('mirror_request_body', body)],
    side: [side],
    http: blocks,
  };
}
