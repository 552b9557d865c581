import { isIPv6, SocketAddress } from 'node:net';

/** Marks version 2 (HAProxy's PROXY protocol, 2.2). */
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** `TCP4 CLIENT SERVER CLIENT-PORT SERVER-PORT`, `TCP6 …` or `UNKNOWN` as version 1; the same with `v2` in front as version 2, where `UNKNOWN` is LOCAL. */
export function proxyPreface(text: string): Buffer {
  if (!text.startsWith('v2 ')) return Buffer.from(`PROXY ${text}\r\n`, 'latin1');
  const [family, client = '', server = '', clientPort = '', serverPort = ''] = text.slice(3).split(' ');
  if (family === 'UNKNOWN') return Buffer.concat([signature, Buffer.from([0x20, 0, 0, 0])]);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(Number(clientPort), 0);
  ports.writeUInt16BE(Number(serverPort), 2);
  const addresses = Buffer.concat([addressBytes(client), addressBytes(server), ports]);
  return Buffer.concat([signature, Buffer.from([0x21, family === 'TCP6' ? 0x21 : 0x11, 0, addresses.length]), addresses]);
}

function addressBytes(text: string): Buffer {
  if (!isIPv6(text)) return Buffer.from(text.split('.').map(Number));
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const all = tail === undefined ? before : [...before, ...Array(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
