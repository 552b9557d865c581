import { createLeader } from '../../src/report/leader.ts';
import { createKubeApi } from '../../src/sources/kube-api.ts';
import { realTiming } from '../../src/sources/kube-timing.ts';

/** A process that does nothing but take part in an election: `replica.ts KUBECONFIG NAMESPACE LEASE IDENTITY TTL-MS`. It tells each change on a line. */
const [kubeconfig = '', namespace = '', name = '', identity = '', ttl = ''] = process.argv.slice(2);
const api = createKubeApi({ kubeconfig, userAgent: 'gatehouse/test' });
const leader = createLeader({
  api,
  lease: { namespace, name },
  identity,
  ttlMs: Number(ttl),
  timing: realTiming,
  onChange: (isLeader) => process.stdout.write(isLeader ? 'leads\n' : 'follows\n'),
});
leader.start();
const alive = setInterval(() => undefined, 60_000);
process.once('SIGTERM', async () => {
  await leader.stop();
  api.close();
  clearInterval(alive);
});
process.stdout.write('started\n');
