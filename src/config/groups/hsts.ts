import { bool, int } from '../../annotations/parsers.ts';
import { variable } from '../../model/directive.ts';
import { group } from '../define.ts';

const header = 'Strict-Transport-Security';

/** `Strict-Transport-Security` on every https answer; that of a backend is not passed on. */
export default group(
  {
    title: 'HSTS',
    keys: {
      hsts: {
        parse: bool,
        doc: 'Whether browsers are told to use https alone.',
        example: 'false',
        default: true,
        defaultText: 'true',
        like: 'same',
      },
      'hsts-max-age': {
        parse: int({ min: 0, max: 10_000_000_000 }, ' of seconds'),
        doc: 'For how many seconds.',
        example: '63072000',
        default: 31_536_000,
        defaultText: '31536000',
        like: { stricter: 'a value that is no number is refused; ingress-nginx sends it as it is' },
      },
      'hsts-include-subdomains': {
        parse: bool,
        doc: 'Whether that holds for all names below the host.',
        example: 'false',
        default: true,
        defaultText: 'true',
        like: 'same',
      },
      'hsts-preload': {
        parse: bool,
        doc: 'Whether browsers may ship the host in their list.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
    },
  },
  (values) => {
    if (!values.hsts) return {};
    const subdomains = values['hsts-include-subdomains'] ? '; includeSubDomains' : '';
    const value = `max-age=${values['hsts-max-age']}${subdomains}${values['hsts-preload'] ? '; preload' : ''}`;
    return {
      blocks: [
        {
          kind: 'map',
          name: 'gatehouse_hsts',
          source: variable('https'),
          default: { text: '' },
          entries: [{ key: { exact: 'on' }, value: { text: value } }],
        },
      ],
      headers: { response: [{ name: header, value: variable('gatehouse_hsts'), always: true }], hidden: [header] },
    };
  },
);
