import { type Directive, directive } from '../../model/directive.ts';
import { retryNonIdempotent } from '../config-keys.ts';
import { feature } from '../define.ts';
import { int, listOf, oneOf, type Parser, refused, seconds } from '../parsers.ts';

const words = [
  ...['error', 'timeout', 'invalid_header', 'http_500', 'http_502', 'http_503', 'http_504', 'http_403', 'http_404', 'http_429'],
  ...['non_idempotent', 'off'],
];

const reasons: Parser<readonly string[]> = (text) => {
  const parsed = listOf(oneOf(...words), / +/)(text);
  if (!parsed.ok) return parsed;
  const different = [...new Set(parsed.value)];
  return different.includes('off') && different.length > 1 ? refused('"off" stands alone') : { ok: true, value: different };
};

/** When the next endpoint is asked instead. */
export default feature(
  {
    title: 'Retries',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'proxy-next-upstream': {
        parse: reasons,
        doc: 'What makes NGINX ask the next endpoint, separated by blanks. Methods that are not idempotent are not repeated unless the list says so. FastCGI has no `http_502` and `http_504`, which are left out there.',
        example: 'error timeout http_502',
        risk: 'medium',
        default: ['error', 'timeout'],
        defaultText: 'error timeout',
        configMap: true,
        like: 'same',
      },
      'proxy-next-upstream-timeout': {
        parse: seconds({ min: 0 }),
        doc: 'Seconds after which no further endpoint is asked. 0: no limit.',
        example: '10',
        risk: 'low',
        default: 0,
        defaultText: '0',
        configMap: true,
        like: 'same',
      },
      'proxy-next-upstream-tries': {
        parse: int({ min: 0, max: 1000 }),
        doc: 'How many endpoints one request may ask. 0: no limit.',
        example: '2',
        risk: 'low',
        default: 3,
        defaultText: '3',
        configMap: true,
        like: 'same',
      },
    },
  },
  {
    base: (values, { config }) => ({ http: retries(values, config(retryNonIdempotent)) }),
    emit: (values, { config }) => ({ directives: retries(values, config(retryNonIdempotent)) }),
  },
);

interface Retries {
  readonly 'proxy-next-upstream': readonly string[] | undefined;
  readonly 'proxy-next-upstream-timeout': number | undefined;
  readonly 'proxy-next-upstream-tries': number | undefined;
}

function retries(values: Retries, nonIdempotent: boolean): readonly Directive[] {
  const { 'proxy-next-upstream': when, 'proxy-next-upstream-timeout': timeout, 'proxy-next-upstream-tries': tries } = values;
  const also = nonIdempotent && when && !when.includes('off') && !when.includes('non_idempotent') ? ['non_idempotent'] : [];
  return [
    ...(when ? [directive('proxy_next_upstream', ...when, ...also)] : []),
    ...(timeout === undefined ? [] : [directive('proxy_next_upstream_timeout', `${timeout}s`)]),
    ...(tries === undefined ? [] : [directive('proxy_next_upstream_tries', String(tries))]),
  ];
}
