import { type Directive, directive } from '../../model/directive.ts';
import { feature } from '../define.ts';
import { oneOf, type Size, size } from '../parsers.ts';

/** The body of a request: how large it may be, and where it waits. */
export default feature(
  {
    title: 'Request body',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'proxy-body-size': {
        parse: size({ max: 1024 ** 5 }),
        doc: 'The largest body; a larger one is answered with 413. 0: no limit.',
        example: '20m',
        risk: 'medium',
        default: { text: '1m', bytes: 1024 ** 2 },
        defaultText: '1m',
        configMap: true,
        like: 'same',
      },
      'client-body-buffer-size': {
        parse: size({ min: 1024, max: 1024 ** 3 }),
        doc: 'Memory for a body; the rest of it waits on disk.',
        example: '64k',
        risk: 'low',
        default: { text: '8k', bytes: 8192 },
        defaultText: '8k',
        configMap: true,
        like: { different: 'a value that is no size is left out, instead of the whole Ingress' },
      },
      'proxy-request-buffering': {
        parse: oneOf('on', 'off'),
        doc: 'Whether the whole body is read before the backend is asked; `off` streams it.',
        example: 'off',
        risk: 'low',
        default: 'on',
        defaultText: 'on',
        configMap: true,
        like: 'same',
      },
    },
  },
  {
    base: (values) => ({ http: body(values) }),
    emit: (values) => ({ directives: body(values) }),
  },
);

interface Body {
  readonly 'proxy-body-size': Size | undefined;
  readonly 'client-body-buffer-size': Size | undefined;
  readonly 'proxy-request-buffering': 'on' | 'off' | undefined;
}

function body(values: Body): readonly Directive[] {
  const { 'proxy-body-size': limit, 'client-body-buffer-size': buffer, 'proxy-request-buffering': buffering } = values;
  return [
    ...(limit ? [directive('client_max_body_size', limit.text)] : []),
    ...(buffer ? [directive('client_body_buffer_size', buffer.text)] : []),
    ...(buffering ? [directive('proxy_request_buffering', buffering)] : []),
  ];
}
