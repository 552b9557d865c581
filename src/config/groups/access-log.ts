import { bool } from '../../annotations/parsers.ts';
import { variable } from '../../model/directive.ts';
import type { MapBlock, MapEntry } from '../../model/http-block.ts';
import { type OriginVariable, originDefault, originVariableName } from '../../model/overrides.ts';
import {
  accessLogParams,
  accessLogPath,
  destination,
  disableAccessLog,
  escapeJson,
  escapeNone,
  logSettings,
  parameters,
  skippedTargets,
} from '../access-log-values.ts';
import { group } from '../define.ts';
import { httpLogFormat } from '../log-format.ts';
import { syslogTarget } from '../syslog.ts';

const ownPath =
  'other paths are refused: `--access-log` names the place. `/var/log/nginx/access.log` is a link to standard output there, and means the same';

/** One line for each request. */
export default group(
  {
    title: 'Access log',
    keys: {
      [accessLogPath.key]: {
        parse: destination,
        doc: 'Whether access lines are written: `/dev/stdout` is where `--access-log` says, which is standard output unless given; `/dev/null` is nowhere.',
        example: '/dev/stdout',
        defaultText: '/dev/stdout',
        like: { stricter: ownPath },
      },
      'http-access-log-path': {
        parse: destination,
        doc: 'The same, for http alone; it wins over `access-log-path`.',
        example: '/dev/stdout',
        defaultText: 'as `access-log-path`',
        like: { stricter: ownPath },
      },
      [accessLogParams.key]: {
        parse: parameters,
        doc: 'How lines are collected before they are written: `buffer=SIZE`, `flush=TIME`, `gzip`, separated by blanks or commas.',
        example: 'buffer=32k flush=5s',
        default: accessLogParams.default,
        defaultText: '',
        like: { stricter: 'anything else is refused' },
      },
      [disableAccessLog.key]: {
        parse: bool,
        doc: 'Whether no access lines are written at all.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      'disable-http-access-log': {
        parse: bool,
        doc: 'The same, for http alone.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      'enable-access-log-for-default-backend': {
        parse: bool,
        doc: 'Whether requests for hosts that no rule names are logged.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      'skip-access-log-urls': {
        parse: skippedTargets,
        doc: 'Paths, with their query, that are not logged, separated by commas. What begins with `~` or `~*` is a regular expression.',
        example: '/healthz,~^/metrics',
        default: [] as readonly MapEntry[],
        defaultText: '',
        like: 'same',
      },
      'log-format-upstream': {
        parse: httpLogFormat,
        doc: 'The line: text, and variables of NGINX or of ingress-nginx.',
        example: '$remote_addr $request $status $ingress_name',
        defaultText: 'that of ingress-nginx, with `$proxy_host` in the place of `$proxy_upstream_name`',
        like: { stricter: 'an unknown variable is refused, where ingress-nginx stops; a value of several lines is refused' },
      },
      [escapeJson.key]: {
        parse: bool,
        doc: 'Whether values are escaped as in JSON.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      [escapeNone.key]: {
        parse: bool,
        doc: 'Whether values are not escaped at all: a client can then write lines of its own. It wins over `log-format-escape-json`.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
    },
  },
  (values, context) => {
    const line = values['log-format-upstream'];
    const origin = line?.origin ?? [];
    const skipped = values['skip-access-log-urls'];
    const settings = logSettings(context, {
      disabled: values['disable-http-access-log'],
      path: values['http-access-log-path'],
      format: line?.words,
      syslog: syslogTarget(context),
    });
    return {
      blocks: [...(skipped.length === 0 ? [] : [loggable(skipped)]), ...origin.map(withoutOrigin)],
      overrides: {
        accessLog: {
          ...settings,
          origin,
          unmatched: values['enable-access-log-for-default-backend'],
          ...(skipped.length === 0 ? {} : { condition: 'gatehouse_loggable' }),
        },
      },
    };
  },
);

function loggable(entries: readonly MapEntry[]): MapBlock {
  return { kind: 'map', name: 'gatehouse_loggable', source: variable('request_uri'), default: { text: '1' }, entries };
}

/** What the variable is in a request that meets no `set`: NGINX would complain about one that has no value. */
function withoutOrigin(one: OriginVariable): MapBlock {
  return { kind: 'map', name: originVariableName(one), source: { text: '' }, default: { text: originDefault(one) }, entries: [] };
}
