import { directive, joined, variable } from '../../model/directive.ts';
import type { MapBlock } from '../../model/http-block.ts';
import type { Answer, ErrorPage, RequestHeader, SideLocation, Target } from '../../model/routing.ts';
import type { Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys } from '../define.ts';
import { accepted, bool, listOf, matching, type Parser, refused } from '../parsers.ts';

const status: Parser<number> = (text) => {
  const number = Number(text);
  if (!/^[45]\d\d$/.test(text)) return refused('write statuses from 400 to 599');
  return number >= 494 && number <= 499
    ? refused('494 to 499 are what NGINX calls its own cases; no backend answers them')
    : accepted(number);
};

const statuses: Parser<readonly number[]> = (text) => {
  const parsed = listOf(status)(text);
  return parsed.ok ? accepted([...new Set(parsed.value)].sort((a, b) => a - b)) : parsed;
};

/** Whose answer a client gets in place of an error. */
export default feature(
  {
    title: 'Errors and default backends',
    scope: 'location',
    whenInvalid: 'ignore',
    everywhere: true,
    keys: {
      'custom-http-errors': {
        parse: statuses,
        doc: 'Statuses, separated by commas. A backend that answers one of them, or cannot be reached so that one of them would be the answer, is replaced by the default backend: that of `default-backend`, or of `--default-backend-service`. It is asked for `/` with the method and the body of the client and with [headers that say what happened](error-pages.md); clients get its status. Without any, they get NGINX’s page of the same status.',
        example: '404,503',
        risk: 'low',
        default: [],
        defaultText: '',
        configMap: true,
        like: {
          different:
            'what NGINX itself refuses keeps its status; without a default backend the status stays; a list that cannot be read is ignored, instead of the whole Ingress',
        },
      },
      'default-backend': {
        parse: matching(/[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?/, 'the name of a Service beside the Ingress'),
        doc: 'A Service beside the Ingress that answers where another one is missing or has no endpoints, and for `custom-http-errors`. Its first TCP port is asked.',
        example: 'error-pages',
        risk: 'low',
        like: { different: 'a value that is no name is ignored, instead of the whole Ingress' },
      },
      'disable-proxy-intercept-errors': {
        parse: bool,
        doc: 'Whether `custom-http-errors` replace nothing.',
        example: 'true',
        risk: 'low',
        default: false,
        defaultText: 'false',
        configMap: true,
        like: 'same',
      },
    },
  },
  {
    emit: (values, context) => {
      const { place, inherited, service } = context;
      if (!place.service) return {};
      const name = values['default-backend'];
      const found = name === undefined ? undefined : service(name);
      const own = values['custom-http-errors'];
      const isOff = (own ? values['disable-proxy-intercept-errors'] : undefined) ?? inherited['disable-proxy-intercept-errors'];
      const backend = own && found?.ok ? found.value : context.fallback;
      const errors = isOff ? {} : replaced(own ?? inherited['custom-http-errors'], backend, context);
      const unavailable = found?.ok ? standIn(found.value, context) : {};
      return {
        ...errors,
        ...unavailable,
        side: [...(errors.side ?? []), ...(unavailable.side ?? [])],
        ...(found && !found.ok ? { ignored: [{ key: 'default-backend', reason: found.reason }] } : {}),
      };
    },
  },
);

/** Is not empty where no backend has been asked: then NGINX itself has refused the request. */
const ownAnswer: MapBlock = {
  kind: 'map',
  name: 'gatehouse_own_answer',
  source: variable('upstream_status'),
  entries: [{ key: { exact: '' }, value: { text: '1' } }],
  default: { text: '' },
};

type Context = FeatureContext<Keys>;

/** A refusal of NGINX goes to a page as well, and gets its own status there: an error page must not make a 200 of a 403. */
function replaced(codes: readonly number[], backend: Target | Answer, context: Context): Contribution {
  if (codes.length === 0) return {};
  const side = codes.map((code) => ({ code, side: pageOf(code, backend, context) }));
  return {
    directives: [directive('proxy_intercept_errors', 'on')],
    errorPages: side.map(({ code, side: { name } }): ErrorPage => ({ statuses: [code], side: name })),
    side: side.map((one) => one.side),
    ...(backend.kind === 'proxy' ? { http: [ownAnswer] } : {}),
  };
}

function pageOf(code: number, backend: Target | Answer, context: Context): SideLocation {
  if (backend.kind === 'answer') {
    const name = `@${context.unique('error', String(code))}`;
    return { name, directives: [], withLocationHeaders: true, target: { kind: 'answer', status: code } };
  }
  const request = happened(code, context);
  return {
    name: `@${context.unique('error', backend.upstream, JSON.stringify(request))}`,
    origin: { object: context.ingress, field: 'metadata.annotations' },
    directives: [directive('proxy_intercept_errors', 'off')],
    headers: { request, response: [], hidden: [] },
    withLocationHeaders: true,
    answers: [{ variable: ownAnswer.name, answer: { kind: 'answer', status: code }, headers: [] }],
    target: { kind: 'question', scheme: 'http', upstream: backend.upstream, uri: joined('/', variable('is_args'), variable('args')) },
  };
}

/** The path stays, as for the Service that should have answered. */
function standIn(target: Target, context: Context): Contribution {
  const headers = happened(503, context).filter(({ name }) => name !== 'X-Original-URI');
  const name = `@${context.unique('stand_in', target.upstream, JSON.stringify(headers))}`;
  return {
    standIn: { side: name, target, headers },
    side: [
      {
        name,
        origin: { object: context.ingress, field: 'metadata.annotations' },
        directives: [directive('proxy_intercept_errors', 'off')],
        headers: { request: headers, response: [], hidden: [] },
        withLocationHeaders: true,
        target,
      },
    ],
  };
}

/** What ingress-nginx tells error pages. */
function happened(code: number, { place, ingress }: Context): readonly RequestHeader[] {
  return [
    { name: 'X-Code', value: { text: String(code) } },
    { name: 'X-Format', value: variable('http_accept') },
    { name: 'X-Original-URI', value: variable('request_uri') },
    { name: 'X-Namespace', value: { text: ingress.namespace } },
    { name: 'X-Ingress-Name', value: { text: ingress.name } },
    { name: 'X-Service-Name', value: { text: place.service?.name ?? '' } },
    { name: 'X-Service-Port', value: { text: place.service?.port ?? '' } },
  ];
}
