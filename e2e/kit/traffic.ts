import { Agent, get } from 'node:http';

/** Requests that are sent all the time while something else happens. */
export interface Traffic {
  /** Ends it, and tells how many were sent, and every answer that was not 200. */
  stop(): Promise<{ readonly sent: number; readonly failures: readonly string[] }>;
}

/** Sends requests one after the other, over connections that are kept alive and over fresh ones in turn. */
export function startTraffic(port: number, host: string): Traffic {
  const agent = new Agent({ keepAlive: true });
  const failures: string[] = [];
  let sent = 0;
  let isStopped = false;
  const run = async (through: Agent | false) => {
    while (!isStopped) {
      const status = await statusOf(port, host, through);
      sent += 1;
      if (status !== '200') failures.push(status);
    }
  };
  const running = Promise.all([run(agent), run(false)]);
  return {
    async stop() {
      isStopped = true;
      await running;
      agent.destroy();
      return { sent, failures };
    },
  };
}

/** The status of one request, or the code of the error. */
export function statusOf(port: number, host: string, agent: Agent | false = false, path = '/'): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, headers: { Host: host }, agent, timeout: 5_000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.statusCode)));
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
