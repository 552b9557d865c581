import { forwardedForHeader, forwardedHostHeader } from '../../annotations/config-keys.ts';
import { bool } from '../../annotations/parsers.ts';
import { variable, type Word } from '../../model/directive.ts';
import { clientVariables } from '../../model/front.ts';
import { group } from '../define.ts';

/** The headers that every backend gets. */
export default group(
  {
    title: 'Request headers',
    keys: {
      'generate-request-id': {
        parse: bool,
        doc: 'Whether a request without `X-Request-ID` gets one.',
        example: 'false',
        default: true,
        defaultText: 'true',
        emptyAs: false,
        like: 'same',
      },
      'proxy-add-original-uri-header': {
        parse: bool,
        doc: 'Whether backends get `X-Original-URI`: path and query as the client sent them.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
    },
  },
  (values, { config }) => ({
    ...(values['generate-request-id'] ? {} : { overrides: { withoutRequestIds: true } }),
    headers: {
      request: [
        { name: 'Host', value: variable('gatehouse_upstream_host') },
        { name: 'Upgrade', value: variable('http_upgrade') },
        { name: 'Connection', value: variable('gatehouse_connection') },
        { name: 'X-Request-ID', value: variable('gatehouse_request_id') },
        { name: 'X-Real-IP', value: variable('remote_addr') },
        { name: 'X-Forwarded-For', value: variable(clientVariables.forwardedFor) },
        { name: 'X-Forwarded-Host', value: variable('gatehouse_upstream_host') },
        { name: 'X-Forwarded-Port', value: variable(clientVariables.port) },
        { name: 'X-Forwarded-Proto', value: variable(clientVariables.scheme) },
        { name: 'X-Forwarded-Scheme', value: variable(clientVariables.scheme) },
        { name: 'X-Scheme', value: variable(clientVariables.scheme) },
        ...(values['proxy-add-original-uri-header'] ? [{ name: 'X-Original-URI', value: variable('request_uri') }] : []),
        { name: 'X-Original-Forwarded-For', value: headerVariable(config(forwardedForHeader)) },
        { name: 'X-Original-Forwarded-Host', value: headerVariable(config(forwardedHostHeader)) },
        { name: 'Proxy', value: { text: '' } },
      ],
    },
  }),
);

/** What the client sent in a header. */
function headerVariable(name: string): Word {
  return variable(`http_${(name || 'X-Forwarded-For').toLowerCase().replaceAll('-', '_')}`);
}
