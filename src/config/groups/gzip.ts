import { bool, int, listOf, matching, type Parser, refused } from '../../annotations/parsers.ts';
import { checkPattern } from '../../annotations/parsers-http.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

const types = [
  ...['application/atom+xml', 'application/javascript', 'application/x-javascript', 'application/json', 'application/rss+xml'],
  ...['application/vnd.ms-fontobject', 'application/x-font-ttf', 'application/x-web-app-manifest+json', 'application/xhtml+xml'],
  ...['application/xml', 'font/opentype', 'image/svg+xml', 'image/x-icon', 'text/css', 'text/javascript', 'text/plain', 'text/x-component'],
];

const mediaTypes = listOf(matching(/\*|[A-Za-z0-9.+-]+\/[A-Za-z0-9.+-]+/, 'a media type such as text/css', 100), /\s+/);

/** `msie6` is a word of NGINX's own; it stands for an expression. */
const browsers: Parser<string> = (text) =>
  text === 'degradation' ? refused('NGINX takes this word for something else') : checkPattern(text);

/** Answers that are compressed on their way to the client. */
export default group(
  {
    title: 'Compression',
    keys: {
      'use-gzip': {
        parse: bool,
        doc: 'Whether answers are compressed for clients that accept gzip.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      'gzip-level': {
        parse: int({ min: 1, max: 9 }),
        doc: 'How hard: 1 is fast, 9 is small.',
        example: '5',
        default: 1,
        defaultText: '1',
        like: { stricter: 'outside of 1 to 9 is refused, where ingress-nginx stops' },
      },
      'gzip-min-length': {
        parse: int({ min: 0, max: 1_000_000_000 }, ' of bytes'),
        doc: 'Answers with a shorter Content-Length are left as they are.',
        example: '1000',
        default: 256,
        defaultText: '256',
        like: 'same',
      },
      'gzip-types': {
        parse: mediaTypes,
        doc: 'The media types to compress besides text/html, separated by blanks; `*` is all.',
        example: 'application/json text/css',
        default: types,
        defaultText: 'seventeen types of text, fonts, SVG, JSON and XML',
        like: 'same',
      },
      'gzip-disable': {
        parse: browsers,
        doc: 'A regular expression over User-Agent, without regard to case: these clients get no compressed answers.',
        example: 'msie6',
        defaultText: '',
        like: { stricter: 'a regular expression that NGINX refuses is refused, where ingress-nginx stops' },
      },
    },
  },
  (values) => {
    if (!values['use-gzip']) return {};
    const disabled = values['gzip-disable'];
    const named = new Set(values['gzip-types'].map((type) => type.toLowerCase()));
    // It is always among them, and NGINX warns when it is named.
    named.delete('text/html');
    return {
      http: [
        directive('gzip', 'on'),
        directive('gzip_comp_level', String(values['gzip-level'])),
        directive('gzip_http_version', '1.1'),
        directive('gzip_min_length', String(values['gzip-min-length'])),
        directive('gzip_proxied', 'any'),
        directive('gzip_vary', 'on'),
        ...(named.size === 0 ? [] : [directive('gzip_types', ...named)]),
        ...(disabled === undefined ? [] : [directive('gzip_disable', { pattern: disabled })]),
      ],
    };
  },
);
