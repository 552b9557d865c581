import { accepted, type Parser, refused } from '../annotations/parsers.ts';

/** The bytes of a key for session tickets: 48 for AES-128, 80 for AES-256 (https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_session_ticket_key). */
export const ticketKey: Parser<Uint8Array> = (text) => {
  const digits = text.replace(/\s+/g, '');
  const bytes = Buffer.from(digits, 'base64');
  if (bytes.toString('base64') !== digits) return refused('it is not base64');
  if (bytes.length !== 48 && bytes.length !== 80) return refused(`it has ${bytes.length} bytes, and has to have 48 or 80`);
  return accepted(bytes);
};
