import { accepted, bool, int, matching, type Parser, refused } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

const count = int({ min: 1, max: 256 });

/** NGINX's own `auto` would change with the machine. */
const processes: Parser<number | 'auto'> = (text) => {
  if (text === 'auto') return accepted('auto');
  const parsed = count(text);
  return parsed.ok ? parsed : refused('write a whole number from 1 to 256, or auto');
};

/** A mask without a single processor would keep a worker busy for ever. */
const affinity = matching(
  /auto(?: +(?![01]{257})0*1[01]*)?|(?:(?:^| +)(?![01]{257})0*1[01]*)+/,
  'auto, or masks of processors such as 0001 0010',
  4000,
);

/** Worker processes: their number, their connections, and how long old ones may drain. */
export default group(
  {
    title: 'Workers',
    keys: {
      'worker-processes': {
        parse: processes,
        doc: 'How many there are. It wins over `--worker-processes`, which `auto` leaves to decide.',
        example: '4',
        default: 'auto' as const,
        defaultText: 'auto',
        like: { stricter: 'a word is refused, where ingress-nginx stops; at most 256' },
      },
      'worker-cpu-affinity': {
        parse: affinity,
        doc: 'Which processors workers run on: `auto`, or a mask for each worker.',
        example: 'auto',
        defaultText: '',
        like: { stricter: 'what is no mask, or an empty one, is refused' },
      },
      'max-worker-connections': {
        parse: int({ min: 0, max: 1_000_000 }),
        doc: 'Connections that one worker can have open at the same time; 0 takes three quarters of `max-worker-open-files`.',
        example: '65536',
        default: 16_384,
        defaultText: '16384',
        like: { stricter: '0 needs `max-worker-open-files`; 1 to 127 are refused, as workers need connections of their own' },
      },
      'max-worker-open-files': {
        parse: int({ min: 0, max: 10_000_000 }),
        doc: 'Files and connections that one worker can have open; 0 leaves the limit that NGINX was started with.',
        example: '65536',
        default: 0,
        defaultText: '0',
        like: { different: '0 does not lower the limit by 1024' },
      },
      'worker-shutdown-timeout': {
        parse: matching(/[1-9]\d{0,4}[smh]/, 'a time such as 240s'),
        doc: 'How long old workers may finish their requests after a reload.',
        example: '300s',
        default: '240s',
        defaultText: '240s',
        like: 'same',
      },
      'enable-multi-accept': {
        parse: bool,
        doc: 'Whether a worker takes all new connections at once.',
        example: 'false',
        default: true,
        defaultText: 'true',
        like: 'same',
      },
    },
  },
  (values) => {
    const files = values['max-worker-open-files'];
    const wanted = values['max-worker-connections'];
    const connections = wanted === 0 ? Math.floor((files * 3) / 4) : wanted;
    const tooFew = connections < leastConnections;
    const number = values['worker-processes'];
    const masks = values['worker-cpu-affinity'];
    return {
      main: [
        directive('worker_shutdown_timeout', values['worker-shutdown-timeout']),
        ...(files === 0 ? [] : [directive('worker_rlimit_nofile', String(files))]),
        ...(masks === undefined ? [] : [directive('worker_cpu_affinity', ...masks.split(/ +/))]),
      ],
      events: [
        directive('worker_connections', String(tooFew ? 16_384 : connections)),
        directive('multi_accept', values['enable-multi-accept'] ? 'on' : 'off'),
      ],
      overrides: number === 'auto' ? {} : { workerProcesses: number },
      problems: tooFew ? [{ key: 'max-worker-connections', reason: tooFewReason(wanted) }] : [],
    };
  },
);

/** Beside those of clients a worker has connections for its listening sockets and for the questions about endpoints. */
const leastConnections = 128;

function tooFewReason(wanted: number): string {
  const least = `write ${leastConnections} or more`;
  return wanted === 0 ? `${least}, or a larger max-worker-open-files of which it takes three quarters` : least;
}
