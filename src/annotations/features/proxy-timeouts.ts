import { type Directive, directive } from '../../model/directive.ts';
import { feature } from '../define.ts';
import { seconds } from '../parsers.ts';

/** How long a backend may take. A timeout of the connection is followed by the next endpoint, then 504. */
export default feature(
  {
    title: 'Timeouts of the backend',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'proxy-connect-timeout': {
        parse: seconds(),
        doc: 'Seconds that connecting to a backend may take.',
        example: '10',
        risk: 'low',
        default: 5,
        defaultText: '5',
        configMap: true,
        like: { stricter: '0 and negative numbers are refused' },
      },
      'proxy-send-timeout': {
        parse: seconds(),
        doc: 'Seconds between two writes to the backend.',
        example: '120',
        risk: 'low',
        default: 60,
        defaultText: '60',
        configMap: true,
        like: { stricter: '0 and negative numbers are refused' },
      },
      'proxy-read-timeout': {
        parse: seconds(),
        doc: 'Seconds between two reads from the backend; after that the answer is 504.',
        example: '120',
        risk: 'low',
        default: 60,
        defaultText: '60',
        configMap: true,
        like: { stricter: '0 and negative numbers are refused' },
      },
    },
  },
  {
    base: (values) => ({ http: timeouts(values) }),
    emit: (values) => ({ directives: timeouts(values) }),
  },
);

type Timeouts = { readonly [key in 'proxy-connect-timeout' | 'proxy-send-timeout' | 'proxy-read-timeout']: number | undefined };

function timeouts(values: Timeouts): readonly Directive[] {
  const names = ['proxy-connect-timeout', 'proxy-send-timeout', 'proxy-read-timeout'] as const;
  return names.flatMap((name) => (values[name] === undefined ? [] : [directive(name.replaceAll('-', '_'), `${values[name]}s`)]));
}
