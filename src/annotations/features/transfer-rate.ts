import { type Directive, directive } from '../../model/directive.ts';
import { feature } from '../define.ts';
import { int } from '../parsers.ts';

const kibibytes = int({ min: 0, max: 1024 ** 3 }, ' of KiB, without a unit,');

/** How fast answers are sent. */
export default feature(
  {
    title: 'Transfer rate',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'limit-rate': {
        parse: kibibytes,
        doc: 'KiB a second of one answer; it acts where `proxy-buffering` is `on`. 0: as fast as can be.',
        example: '512',
        risk: 'low',
        default: 0,
        defaultText: '0',
        configMap: true,
        like: { different: '0 switches off what the ConfigMap says' },
      },
      'limit-rate-after': {
        parse: kibibytes,
        doc: 'How many KiB of an answer are sent as fast as can be.',
        example: '1024',
        risk: 'low',
        default: 0,
        defaultText: '0',
        configMap: true,
        like: { different: '0 switches off what the ConfigMap says' },
      },
    },
  },
  {
    base: (values) => ({ http: rate(values['limit-rate'] || undefined, values['limit-rate-after'] || undefined) }),
    emit: (values) => ({ directives: rate(values['limit-rate'], values['limit-rate-after']) }),
  },
);

function rate(limit: number | undefined, after: number | undefined): readonly Directive[] {
  return [
    ...(limit === undefined ? [] : [directive('limit_rate', kibibytesText(limit))]),
    ...(after === undefined ? [] : [directive('limit_rate_after', kibibytesText(after))]),
  ];
}

function kibibytesText(count: number): string {
  return count === 0 ? '0' : `${count}k`;
}
