import { directive } from '../../model/directive.ts';
import { type ConfigKey, feature } from '../define.ts';
import { bool } from '../parsers.ts';

const errorLogLevel: ConfigKey<string> = { key: 'error-log-level', default: 'notice' };

/** What is written about the requests of an Ingress. */
export default feature(
  {
    title: 'Logs',
    scope: 'location',
    whenInvalid: 'ignore',
    keys: {
      'enable-access-log': {
        parse: bool,
        doc: 'Whether there is a line in the access log for each request. `true` does not bring back a log that the ConfigMap switches off.',
        example: 'false',
        risk: 'low',
        defaultText: 'true',
        like: 'same',
      },
      'enable-rewrite-log': {
        parse: bool,
        doc: 'Whether the error log tells what rewrites did to each path; seen where `error-log-level` of the ConfigMap is `notice` or lower.',
        example: 'true',
        risk: 'low',
        defaultText: 'false',
        like: 'same',
      },
    },
  },
  {
    emit: ({ 'enable-access-log': access, 'enable-rewrite-log': rewrites }, { config }) => {
      const level = config(errorLogLevel);
      const isSeen = ['debug', 'info', 'notice'].includes(level);
      return {
        directives: [
          ...(access === false ? [directive('access_log', 'off')] : []),
          ...(rewrites === true ? [directive('rewrite_log', 'on')] : []),
        ],
        ...(rewrites === true && !isSeen
          ? {
              withoutEffect: [
                {
                  key: 'enable-rewrite-log',
                  reason: `enable-rewrite-log shows nothing, as ${errorLogLevel.key} of the ConfigMap is ${level}; it has to be notice or lower.`,
                },
              ],
            }
          : {}),
      };
    },
  },
);
