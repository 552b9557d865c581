// A backend that gives an account of each request. It runs in the image that is tested, which has Node: so no other image is needed.
import { createServer } from 'node:http';

const { POD_NAME: pod = '', PORTS = '8080' } = process.env;

let stopping = false;
const servers = PORTS.split(',').map((port) => {
  const server = createServer({ keepAliveTimeout: 90_000 }, async (request, response) => {
    for await (const _ of request);
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json');
    if (stopping) response.setHeader('connection', 'close');
    response.end(JSON.stringify({ pod, port: Number(port), method, url, headers }));
  });
  return server.listen(Number(port));
});

// Who still has a connection is told to leave. The stop signal of the image is NGINX's.
process.once('SIGQUIT', () => {
  stopping = true;
  for (const server of servers) server.close();
});
