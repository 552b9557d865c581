import { type Directive, directive } from '../../model/directive.ts';
import type { Complaint } from '../contribution.ts';
import { feature } from '../define.ts';
import { int, oneOf, type Size, size } from '../parsers.ts';

/**
 * Where the answer of a backend waits. NGINX refuses sizes that do not fit together, so they are compared here: of two values that
 * exclude each other the Ingress's own one is left out.
 */
export default feature(
  {
    title: 'Response buffers',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'proxy-buffering': {
        parse: oneOf('on', 'off'),
        doc: 'Whether the answer is read as fast as the backend sends it. `off` passes each piece on at once.',
        example: 'on',
        risk: 'low',
        default: 'off',
        defaultText: 'off',
        configMap: true,
        like: 'same',
      },
      'proxy-buffers-number': {
        parse: int({ min: 2, max: 1024 }),
        doc: 'How many buffers one answer may use.',
        example: '8',
        risk: 'low',
        default: 4,
        defaultText: '4',
        configMap: true,
        like: { stricter: 'fewer than 2 are refused, as NGINX would refuse them' },
      },
      'proxy-buffer-size': {
        parse: size({ min: 1024, max: 64 * 1024 ** 2 }),
        doc: 'The size of each buffer. The head of an answer has to fit into one, or the answer is 502.',
        example: '16k',
        risk: 'low',
        default: { text: '4k', bytes: 4096 },
        defaultText: '4k',
        configMap: true,
        like: { stricter: 'less than 1k and more than 64m are refused' },
      },
      'proxy-busy-buffers-size': {
        parse: size({ min: 1024 }),
        doc: 'How much may be on its way to the client while the answer is still being read: from one buffer to all but one.',
        example: '8k',
        risk: 'low',
        defaultText: 'two buffers',
        configMap: true,
        like: { stricter: 'a size that does not fit the buffers is refused; in ingress-nginx it stops every reload' },
      },
      'proxy-max-temp-file-size': {
        parse: size(),
        doc: 'How much of an answer may wait on disk: 0, or at least one buffer.',
        example: '0',
        risk: 'low',
        default: { text: '1024m', bytes: 1024 ** 3 },
        defaultText: '1024m',
        configMap: true,
        like: { stricter: 'a size below one buffer is refused; in ingress-nginx it stops every reload' },
      },
    },
  },
  {
    base: (values) => {
      const { directives, problems } = print(values, values);
      return { http: [directive('proxy_buffering', values['proxy-buffering']), ...directives], problems };
    },
    emit: (values, { inherited }) => {
      const { directives, problems } = print(values, inherited);
      const buffering = values['proxy-buffering'];
      return { directives: [...(buffering ? [directive('proxy_buffering', buffering)] : []), ...directives], ignored: problems };
    },
  },
);

interface Sizes {
  readonly 'proxy-buffers-number': number | undefined;
  readonly 'proxy-buffer-size': Size | undefined;
  readonly 'proxy-busy-buffers-size': Size | undefined;
  readonly 'proxy-max-temp-file-size': Size | undefined;
}

interface Printed {
  readonly directives: readonly Directive[];
  readonly problems: readonly Complaint[];
}

function print(own: Sizes, inherited: Sizes): Printed {
  const number = own['proxy-buffers-number'] ?? inherited['proxy-buffers-number'] ?? 4;
  const one = own['proxy-buffer-size'] ?? inherited['proxy-buffer-size'] ?? { text: '4k', bytes: 4096 };
  const changes = own['proxy-buffers-number'] !== undefined || own['proxy-buffer-size'] !== undefined;
  const buffers = changes ? [directive('proxy_buffers', String(number), one.text), directive('proxy_buffer_size', one.text)] : [];
  const busy = printBusy({ own: own['proxy-busy-buffers-size'], inherited: inherited['proxy-busy-buffers-size'], changes }, number, one);
  const file = printFile({ own: own['proxy-max-temp-file-size'], inherited: inherited['proxy-max-temp-file-size'], changes }, one);
  return { directives: [...buffers, ...busy.directives, ...file.directives], problems: [...busy.problems, ...file.problems] };
}

/** A size that depends on the buffers. */
interface Dependent {
  readonly own: Size | undefined;
  readonly inherited: Size | undefined;
  /** Whether the buffers are others than those above. */
  readonly changes: boolean;
}

function printBusy({ own, inherited, changes }: Dependent, number: number, one: Size): Printed {
  const asked = own ?? inherited;
  const fits = asked !== undefined && asked.bytes >= one.bytes && asked.bytes <= (number - 1) * one.bytes;
  const text = fits ? asked.text : String(Math.min(2, number - 1) * one.bytes);
  return {
    directives: changes || own ? [directive('proxy_busy_buffers_size', text)] : [],
    problems: own && !fits ? [busyProblem(number, one)] : [],
  };
}

function printFile({ own, inherited, changes }: Dependent, one: Size): Printed {
  const asked = own ?? inherited;
  const fits = asked === undefined || asked.bytes === 0 || asked.bytes >= one.bytes;
  const isPrinted = own !== undefined || (changes && !fits);
  return {
    directives: isPrinted ? [directive('proxy_max_temp_file_size', fits ? (asked?.text ?? '0') : one.text)] : [],
    problems: own && !fits ? [fileProblem(one)] : [],
  };
}

function busyProblem(number: number, one: Size): Complaint {
  const most = (number - 1) * one.bytes;
  return {
    key: 'proxy-busy-buffers-size',
    reason: `with ${number} buffers of ${one.text} it has to be from ${one.bytes} to ${most} bytes`,
  };
}

function fileProblem(one: Size): Complaint {
  return { key: 'proxy-max-temp-file-size', reason: `it has to be 0 or at least one buffer, which is ${one.text}; one buffer is used` };
}
