import { createSocket } from 'node:dgram';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { holdsSocket, processFacts } from './nginx-processes.ts';

/** A TCP address that NGINX is to listen on. */
export interface PortAddress {
  readonly port: number;
  /** `0.0.0.0` or `::` for all interfaces. */
  readonly address: string;
  /** The flag that chooses this port, such as `--http-port`, for the message. */
  readonly option?: string;
}

/**
 * Tries whether addresses can be listened on and gives back a sentence for each that cannot. NGINX itself would try for two and a half
 * seconds and name no culprit.
 */
export async function checkPorts(addresses: readonly PortAddress[]): Promise<readonly string[]> {
  const complaints = await Promise.all(addresses.map(complaintAbout));
  return complaints.filter((complaint) => complaint !== undefined);
}

type Protocol = 'TCP' | 'UDP';

/** Why NGINX could not listen on a port of all addresses: a sentence for people; undefined where it could. */
export async function portObstacle(port: number, protocol: Protocol, { ipv6 }: { readonly ipv6: boolean }): Promise<string | undefined> {
  const errors = await Promise.all((ipv6 ? ['0.0.0.0', '::'] : ['0.0.0.0']).map((address) => bindError(port, address, protocol)));
  const error = errors.find((one) => one !== undefined);
  if (!error) return undefined;
  if (error.code === 'EADDRINUSE') return `${(await holderOf(port, protocol)) ?? 'another program'} listens on it.`;
  if (error.code === 'EACCES') return port < 1024 ? `${lowPorts}.` : 'the system does not allow it.';
  return `${error.message}.`;
}

/** Whether this machine can listen on IPv6. */
export async function hasIpv6(): Promise<boolean> {
  return (await bindError(0, '::')) === undefined;
}

function bindError(port: number, host: string, protocol: Protocol = 'TCP'): Promise<NodeJS.ErrnoException | undefined> {
  if (protocol === 'UDP') return datagramError(port, host);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, host, ipv6Only: host.includes(':'), exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function datagramError(port: number, address: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const isIpv6 = address.includes(':');
    const socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', ipv6Only: isIpv6 });
    socket.once('error', (error) => {
      socket.close();
      resolve(error);
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}

const lowPorts = 'ports below 1024 need root or CAP_NET_BIND_SERVICE';

async function complaintAbout({ port, address, option = 'another port' }: PortAddress): Promise<string | undefined> {
  const error = await bindError(port, address);
  if (!error) return undefined;
  const where = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  if (error.code === 'EADDRINUSE') {
    const holder = await holderOf(port, 'TCP');
    const guess = holder ?? 'probably another Gatehouse or NGINX';
    return `Port ${port} is taken (${where}): ${guess} listens on it. End it, or choose a free port with ${option}.`;
  }
  if (error.code === 'EACCES') {
    const why = port < 1024 ? lowPorts : 'the system does not allow it';
    return `Port ${port} may not be used (${where}): ${why}. Choose a port from 1024 on with ${option}.`;
  }
  return `Port ${port} cannot be listened on (${where}): ${error.message}. Choose another with ${option}.`;
}

/** `process 4711 (nginx: master process …)`: who listens on a port, as far as /proc shows it to us. */
async function holderOf(port: number, protocol: Protocol): Promise<string | undefined> {
  const inodes = new Set((await Promise.all(['', '6'].map((family) => listeners(port, protocol, family)))).flat());
  if (inodes.size === 0) return undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const holders = await Promise.all(pids.map(async (pid) => ((await holdsSocket(pid, inodes)) ? [pid] : [])));
  // A master and its workers hold the same socket; the one that began first is the one to end.
  const pid = holders.flat().sort((a, b) => a - b)[0];
  const facts = pid === undefined ? undefined : await processFacts(pid);
  return facts && `process ${facts.pid} (${shortened(facts.command)})`;
}

/** Inodes of the sockets in state LISTEN (0A) or, as UDP has no such state, CLOSE (07), see proc_pid_net(5). */
async function listeners(port: number, protocol: Protocol, family: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/net/${protocol.toLowerCase()}${family}`, 'utf8').catch(() => '');
  const listening = protocol === 'TCP' ? '0A' : '07';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return local?.endsWith(suffix) && state === listening && inode !== undefined ? [inode] : [];
  });
}

function shortened(command: string): string {
  return command.length > 60 ? `${command.slice(0, 59)}…` : command;
}
