import { bool, int, matching, seconds, size } from '../../annotations/parsers.ts';
import { directive } from '../../model/directive.ts';
import { group } from '../define.ts';

/** Connections and requests of clients. */
export default group(
  {
    title: 'Clients',
    keys: {
      'client-header-timeout': {
        parse: seconds(),
        doc: 'Seconds for the whole head of a request; after that the answer is 408.',
        example: '30',
        default: 60,
        defaultText: '60',
        like: 'same',
      },
      'client-header-buffer-size': {
        parse: size({ min: 64, max: 1024 ** 2 }),
        doc: 'Memory for a usual head of a request.',
        example: '4k',
        default: { text: '1k', bytes: 1024 },
        defaultText: '1k',
        like: 'same',
      },
      'large-client-header-buffers': {
        parse: matching(/[1-9]\d{0,2} [1-9]\d{0,3}k/, 'a number and a size, such as 4 16k'),
        doc: 'Number and size of the buffers for a large head. A longer line is answered with 414 or 400.',
        example: '4 16k',
        default: '4 8k',
        defaultText: '4 8k',
        like: 'same',
      },
      'client-body-timeout': {
        parse: seconds(),
        doc: 'Seconds between two pieces of a request body; after that the answer is 408.',
        example: '30',
        default: 60,
        defaultText: '60',
        like: 'same',
      },
      'keep-alive': {
        parse: seconds({ min: 0 }),
        doc: 'Seconds for which an idle connection of a client stays open; 0 closes each after its first request.',
        example: '30',
        default: 75,
        defaultText: '75',
        like: 'same',
      },
      'keep-alive-requests': {
        parse: int({ min: 1, max: 1_000_000_000 }),
        doc: 'Requests that one connection of a client can carry.',
        example: '10000',
        default: 1000,
        defaultText: '1000',
        like: 'same',
      },
      'ignore-invalid-headers': {
        parse: bool,
        doc: 'Whether request headers with unusual characters in their name are dropped.',
        example: 'false',
        default: true,
        defaultText: 'true',
        like: 'same',
      },
      'enable-underscores-in-headers': {
        parse: bool,
        doc: 'Whether request headers with an underscore in their name are taken.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
    },
  },
  (values) => ({
    http: [
      directive('client_header_timeout', `${values['client-header-timeout']}s`),
      directive('client_header_buffer_size', values['client-header-buffer-size'].text),
      directive('large_client_header_buffers', ...values['large-client-header-buffers'].split(' ')),
      directive('client_body_timeout', `${values['client-body-timeout']}s`),
      directive('keepalive_timeout', `${values['keep-alive']}s`),
      directive('keepalive_requests', String(values['keep-alive-requests'])),
      ...(values['ignore-invalid-headers'] ? [] : [directive('ignore_invalid_headers', 'off')]),
      ...(values['enable-underscores-in-headers'] ? [directive('underscores_in_headers', 'on')] : []),
    ],
  }),
);
