import { bool } from '../../annotations/parsers.ts';
import { variable } from '../../model/directive.ts';
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
  (values) => ({
    headers: {
      request: [
        { name: 'Host', value: variable('gatehouse_upstream_host') },
        { name: 'Upgrade', value: variable('http_upgrade') },
        { name: 'Connection', value: variable('gatehouse_connection') },
        { name: 'X-Request-ID', value: variable(values['generate-request-id'] ? 'gatehouse_request_id' : 'http_x_request_id') },
        { name: 'X-Real-IP', value: variable('remote_addr') },
        { name: 'X-Forwarded-For', value: variable('remote_addr') },
        { name: 'X-Forwarded-Host', value: variable('gatehouse_upstream_host') },
        { name: 'X-Forwarded-Port', value: variable('gatehouse_port') },
        { name: 'X-Forwarded-Proto', value: variable('scheme') },
        { name: 'X-Forwarded-Scheme', value: variable('scheme') },
        { name: 'X-Scheme', value: variable('scheme') },
        ...(values['proxy-add-original-uri-header'] ? [{ name: 'X-Original-URI', value: variable('request_uri') }] : []),
        { name: 'X-Original-Forwarded-For', value: variable('http_x_forwarded_for') },
        { name: 'X-Original-Forwarded-Host', value: variable('http_x_forwarded_host') },
        { name: 'Proxy', value: { text: '' } },
      ],
    },
  }),
);
