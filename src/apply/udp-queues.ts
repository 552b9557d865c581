import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** What the kernel tells of the UDP sockets of this network namespace, see proc_net(5); nothing where there is no such file. */
const readSockets = () => readFile('/proc/net/udp', 'utf8').catch(() => '');

const lookMs = 2;

/**
 * Waits until whoever asks at these ports of 127.0.0.1 has read what was sent to it, for at most `limitMs`. An answer that was sent is not
 * known yet to a process that waits for its turn on a busy machine; the kernel says how many bytes still wait in its socket.
 */
export async function untilAnswersAreRead(ports: readonly number[], limitMs: number, read = readSockets): Promise<void> {
  const end = performance.now() + limitMs;
  while (hasUnread(await read(), ports) && performance.now() < end) await pause(lookMs);
}

/** Whether a socket that is connected to one of these ports of 127.0.0.1 holds something unread. */
function hasUnread(text: string, ports: readonly number[]): boolean {
  const remotes = new Set(ports.map((port) => `${loopback}:${port.toString(16).toUpperCase().padStart(4, '0')}`));
  return text.split('\n').some((line) => {
    const [, , remote = '', , queues = ''] = line.trim().split(/\s+/);
    return remotes.has(remote) && /:0*[1-9A-F]/.test(queues);
  });
}

/** 127.0.0.1 as the file has it: the bytes as a number in the order of the machine. */
const loopback = new Uint32Array(Uint8Array.of(127, 0, 0, 1).buffer)[0]?.toString(16).toUpperCase().padStart(8, '0');
