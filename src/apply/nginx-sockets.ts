import { readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';

/**
 * Removes the unix sockets in a folder that nobody listens on. NGINX refuses to bind to a path that exists, and a master that
 * was killed leaves its sockets behind.
 */
export async function removeStaleSockets(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.filter((one) => one.isSocket())) {
    const path = `${directory}/${entry.name}`;
    if (!(await listens(path))) await rm(path, { force: true });
  }
}

/** Whether somebody accepts connections on a unix socket. */
function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'));
  });
}
