import { hash } from 'node:crypto';
import type { LiveFile } from '../../annotations/contribution.ts';
import type { ConfigContribution } from '../../annotations/define.ts';
import { bool, listOf, matching, oneOf, size } from '../../annotations/parsers.ts';
import { cipherList, curveList } from '../../annotations/parsers-http.ts';
import { type Directive, directive } from '../../model/directive.ts';
import { group } from '../define.ts';
import { ticketKey } from '../ticket-key.ts';

const ciphers = [
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305', 'DHE-RSA-AES128-GCM-SHA256', 'DHE-RSA-AES256-GCM-SHA384'],
].join(':');

/** How clients are spoken to over TLS. */
export default group(
  {
    title: 'TLS',
    keys: {
      'ssl-protocols': {
        parse: listOf(oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'), /\s+/),
        doc: 'The versions of TLS that clients may use, separated by blanks.',
        example: 'TLSv1.3',
        default: ['TLSv1.2', 'TLSv1.3'],
        defaultText: 'TLSv1.2 TLSv1.3',
        like: 'same',
      },
      'ssl-ciphers': {
        parse: cipherList,
        doc: 'The ciphers of TLS 1.2 and older, as OpenSSL writes them.',
        example: 'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384',
        default: ciphers,
        defaultText: 'eight suites of ECDHE or DHE with AES-GCM or CHACHA20',
        like: { stricter: 'a list that no cipher fits is refused; in ingress-nginx it stops every reload' },
      },
      'ssl-ecdh-curve': {
        parse: curveList,
        doc: 'The curves for the key exchange.',
        example: 'X25519:P-256',
        default: 'auto',
        defaultText: 'auto',
        like: { stricter: 'an unknown curve is refused; in ingress-nginx it stops every reload' },
      },
      'ssl-session-cache': {
        parse: bool,
        doc: 'Whether the workers share a cache of sessions.',
        example: 'false',
        default: true,
        defaultText: 'true',
        like: 'same',
      },
      'ssl-session-cache-size': {
        parse: size({ min: 64 * 1024, max: 1024 ** 3 }),
        doc: 'The size of that cache; a megabyte holds about 4,000 sessions.',
        example: '20m',
        default: { text: '10m', bytes: 10 * 1024 ** 2 },
        defaultText: '10m',
        like: 'same',
      },
      'ssl-session-timeout': {
        parse: matching(/[1-9]\d{0,5}[smhd]/, 'a time such as 10m'),
        doc: 'How long a session can be resumed.',
        example: '1h',
        default: '10m',
        defaultText: '10m',
        like: 'same',
      },
      'ssl-session-tickets': {
        parse: bool,
        doc: 'Whether sessions can be resumed by tickets.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      'ssl-session-ticket-key': {
        parse: ticketKey,
        doc: 'The key for tickets, in base64: 48 or 80 random bytes, such as `openssl rand -base64 80` makes. With the same key in each of them, replicas resume sessions of one another. A change is live with a reload.',
        example: 'ZXhhbXBsZTogNDggYnl0ZXMgdGhhdCBub2JvZHkgbWF5IHVzZSBhcyBhIGtleS4u',
        defaultText: 'random',
        secret: true,
        lines: true,
        like: { stricter: 'what is no key is refused; without `ssl-session-tickets` a warning says that it has no effect' },
      },
      'ssl-reject-handshake': {
        parse: bool,
        doc: 'Whether the handshake is refused for names that no rule has, and without a name, instead of showing the default certificate. Rules without a host are then for plain http and for Host headers alone.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
      'ssl-buffer-size': {
        parse: size({ min: 512, max: 16 * 1024 }),
        doc: 'The size of TLS records; small ones reach the client sooner.',
        example: '16k',
        default: { text: '4k', bytes: 4096 },
        defaultText: '4k',
        like: 'same',
      },
      'ssl-early-data': {
        parse: bool,
        doc: 'Whether TLS 1.3 clients may send their first request at once (0-RTT). Such a request can be replayed.',
        example: 'true',
        default: false,
        defaultText: 'false',
        like: 'same',
      },
    },
  },
  (values): ConfigContribution => {
    const tickets = values['ssl-session-tickets'];
    const key = values['ssl-session-ticket-key'];
    const { directives, files } = tickets && key ? ticketLines(key) : { directives: [], files: [] };
    return {
      http: [
        directive('ssl_protocols', ...values['ssl-protocols']),
        directive('ssl_ciphers', values['ssl-ciphers']),
        directive('ssl_prefer_server_ciphers', 'on'),
        directive('ssl_ecdh_curve', values['ssl-ecdh-curve']),
        directive(
          'ssl_session_cache',
          values['ssl-session-cache'] ? `shared:gatehouse_tls:${values['ssl-session-cache-size'].text}` : 'off',
        ),
        directive('ssl_session_timeout', values['ssl-session-timeout']),
        directive('ssl_session_tickets', tickets ? 'on' : 'off'),
        ...directives,
        directive('ssl_buffer_size', values['ssl-buffer-size'].text),
        ...(values['ssl-early-data'] ? [directive('ssl_early_data', 'on')] : []),
      ],
      files,
      unmatchedTls: values['ssl-reject-handshake'] ? [directive('ssl_reject_handshake', 'on')] : [],
      warnings:
        key && !tickets
          ? [
              {
                key: 'ssl-session-ticket-key',
                code: 'ConfigMapUnsupported',
                message: 'ssl-session-ticket-key has no effect: it needs ssl-session-tickets.',
              },
            ]
          : [],
    };
  },
);

/** NGINX reads the key when it loads its configuration, so that another key has to be another line. */
function ticketLines(content: Uint8Array): { readonly directives: readonly Directive[]; readonly files: readonly LiveFile[] } {
  const id = hash('sha256', content).slice(0, 16);
  return { directives: [directive('ssl_session_ticket_key', { file: id })], files: [{ id, content }] };
}
