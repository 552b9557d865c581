import { type Directive, directive } from '../../model/directive.ts';
import { feature } from '../define.ts';
import { accepted, type Parser, refused } from '../parsers.ts';

/** What to look for, and what comes in its place. */
type Change = 'off' | { readonly from: string; readonly to: string };

/** `off`, or two parts with blanks between them. A part that begins with `~` would be a regular expression, and `$` a variable. */
function changeOf(part: RegExp, wanted: string): Parser<Change> {
  return (text) => {
    if (text === 'off') return accepted('off');
    const [from, to, more] = text.split(/ +/);
    const isPart = (one: string | undefined): one is string =>
      one !== undefined && one.length <= 500 && part.test(one) && !one.startsWith('~');
    return isPart(from) && isPart(to) && more === undefined ? accepted({ from, to }) : refused(`write "off" or ${wanted}`);
  };
}

const url: Parser<string> = (text) =>
  /^[A-Za-z0-9/\-._~:,?&=]{1,500}$/.test(text) && !text.startsWith('~')
    ? accepted(text)
    : refused('write "off" or the beginning of a URL, of letters, digits and / - . _ ~ : , ? & =');

/** Headers in the answer of a backend that speaks of itself by another name. */
export default feature(
  {
    title: 'Cookies and redirects of the backend',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'proxy-cookie-path': {
        parse: changeOf(/^[A-Za-z0-9/\-._~:,?&=]+$/, 'two paths, such as /one/ /'),
        doc: 'The Path of cookies: what the backend says, and what the client gets.',
        example: '/app/ /',
        risk: 'medium',
        default: 'off',
        defaultText: 'off',
        configMap: true,
        like: { stricter: 'one path alone is refused; in ingress-nginx it stops every reload' },
      },
      'proxy-cookie-domain': {
        parse: changeOf(/^[A-Za-z0-9/\-._~:]+$/, 'two domains, such as localhost example.com'),
        doc: 'The Domain of cookies: what the backend says, and what the client gets.',
        example: 'localhost example.com',
        risk: 'medium',
        default: 'off',
        defaultText: 'off',
        configMap: true,
        like: 'same',
      },
      'proxy-redirect-from': {
        parse: url,
        doc: 'The beginning of a `Location` of the backend that is replaced by `proxy-redirect-to`.',
        example: 'http://localhost:8000/',
        risk: 'medium',
        default: 'off',
        defaultText: 'off',
        configMap: true,
        like: 'same',
      },
      'proxy-redirect-to': {
        parse: url,
        doc: 'What comes in its place.',
        example: 'https://www.example.com/',
        risk: 'medium',
        default: 'off',
        defaultText: 'off',
        configMap: true,
        like: 'same',
      },
    },
  },
  {
    base: (values) => ({
      http: [
        ...change('proxy_cookie_path', values['proxy-cookie-path'] === 'off' ? undefined : values['proxy-cookie-path']),
        ...change('proxy_cookie_domain', values['proxy-cookie-domain'] === 'off' ? undefined : values['proxy-cookie-domain']),
        ...redirect(values['proxy-redirect-from'], values['proxy-redirect-to']),
      ],
    }),
    emit: (values, { inherited }) => ({
      directives: [
        ...change('proxy_cookie_path', values['proxy-cookie-path']),
        ...change('proxy_cookie_domain', values['proxy-cookie-domain']),
        ...(values['proxy-redirect-from'] === undefined && values['proxy-redirect-to'] === undefined
          ? []
          : redirect(
              values['proxy-redirect-from'] ?? inherited['proxy-redirect-from'],
              values['proxy-redirect-to'] ?? inherited['proxy-redirect-to'],
            )),
      ],
    }),
  },
);

function change(name: string, value: Change | undefined): readonly Directive[] {
  if (value === undefined) return [];
  return [value === 'off' ? directive(name, 'off') : directive(name, value.from, value.to)];
}

/** `default` would replace a URL of an upstream of ours, which no backend knows, so it is as `off`; so is half of a pair. */
function redirect(from: string, to: string): readonly Directive[] {
  const isPair = from !== 'off' && from !== 'default' && to !== 'off' && to !== 'default';
  return [isPair ? directive('proxy_redirect', from, to) : directive('proxy_redirect', 'off')];
}
