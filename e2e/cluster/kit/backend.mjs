// A backend that gives an account of each request. It runs in the image that is tested, which has Node: so no other image is needed.
import { createServer } from 'node:http';

const { POD_NAME: pod = '', PORTS = '8080' } = process.env;

const servers = PORTS.split(',').map((port) => {
  const server = createServer({ keepAliveTimeout: 90_000 }, async (request, response) => {
    for await (const _ of request);
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ pod, port: Number(port), method, url, headers }));
  });
  return server.listen(Number(port));
});

// Endpoints are told to NGINX during the Pod's preStop hook; what is open then ends here.
process.once('SIGTERM', () => {
  for (const server of servers) server.close();
});
