// Asks each address once, over TLS where it says https, and fails when NGINX does not answer as HTTP. Any status is an answer.
// With PROXY_PROTOCOL=1 a header of the PROXY protocol comes first.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
for (const address of process.argv.slice(1)) {
  const { hostname, port, protocol, pathname } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) });
  socket.setTimeout(10_000, () => socket.destroy(new Error(`${address} does not answer within 10 s`)));
  await once(socket, 'connect');
  if (process.env.PROXY_PROTOCOL === '1') socket.write('PROXY UNKNOWN\r\n');
  const stream = protocol === 'https:' ? connectTls({ socket, rejectUnauthorized: false }) : socket;
  stream.write(`GET ${pathname} HTTP/1.1\r\nHost: gatehouse-test.invalid\r\nConnection: close\r\n\r\n`);
  const [status] = (await text(stream)).split('\r\n');
  if (!status.startsWith('HTTP/1.1 ')) throw new Error(`${address} does not answer as HTTP: ${status}`);
  console.log(`${address} answers ${status}`);
}
