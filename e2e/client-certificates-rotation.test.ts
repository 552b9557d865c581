import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { askHttps, guardedText, issue, revocationList, secretText, startAuthority } from './kit/client-certificates.ts';
import { documents, endpoints, service } from './kit/manifests.ts';
import { serveFiles, whyNotServed } from './kit/served.ts';
import { startTraffic } from './kit/traffic.ts';

/** Authorities that change while clients come and go. */

function manifests(data: Readonly<Record<string, string>>): string {
  return documents(
    service('web'),
    endpoints('web', ['127.5.1.1']),
    secretText('authority', data),
    guardedText({ name: 'guarded', host: 'guarded.test', annotations: { 'auth-tls-secret': 'default/authority' } }),
    guardedText({ name: 'open', host: 'open.test' }),
  );
}

describe('the authorities of a host', { skip: whyNotServed() ?? false, timeout: 60_000 }, () => {
  test('change with one reload each, and another host loses no request meanwhile', async (t) => {
    const old = await startAuthority('old');
    const next = await startAuthority('next');
    const before = await issue('CN=alice', old);
    const after = await issue('CN=alice', next);
    const served = await serveFiles({ files: new Map([['all.yaml', manifests({ 'ca.crt': old.pem })]]) });
    t.after(() => served.stop());
    const both = async () => {
      const statuses: number[] = [];
      for (const shows of [before, after]) statuses.push((await askHttps(served.ports.https, { host: 'guarded.test', shows })).status);
      return statuses;
    };
    assert.deepEqual(await both(), [200, 400]);
    const reloads = served.reloads();
    const traffic = startTraffic(served.ports.http, 'open.test');
    await served.save('all.yaml', manifests({ 'ca.crt': old.pem + next.pem }));
    const whileBoth = await both();
    await served.save('all.yaml', manifests({ 'ca.crt': next.pem }));
    const { sent, failures } = await traffic.stop();
    assert.deepEqual([whileBoth, await both(), served.reloads() - reloads], [[200, 200], [400, 200], 2]);
    t.diagnostic(`${sent} requests of the other host, ${failures.length} failed`);
    assert.deepEqual(failures, []);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`are what a session of ${version} hangs on: it does not outlive them, nor a revocation`, async (t) => {
      const old = await startAuthority('authority');
      const next = await startAuthority('authority');
      const shows = await issue('CN=alice', old);
      const bob = await issue('CN=bob', old);
      const served = await serveFiles({ files: new Map([['all.yaml', manifests({ 'ca.crt': old.pem })]]) });
      t.after(() => served.stop());
      const ask = async (more: object) => {
        const { status, resumed, session } = await askHttps(served.ports.https, { host: 'guarded.test', version, ...more });
        return { session, seen: `${status}${resumed ? ' resumed' : ''}` };
      };
      const { session } = await ask({ shows });
      assert.ok(session);
      assert.equal((await ask({ session })).seen, '200 resumed');
      await served.save('all.yaml', manifests({ 'ca.crt': old.pem, 'ca.crl': await revocationList(old, [shows]) }));
      assert.equal((await ask({ session })).seen, '400');
      const ofBob = (await ask({ shows: bob })).session;
      assert.ok(ofBob);
      assert.equal((await ask({ session: ofBob })).seen, '200 resumed');
      await served.save('all.yaml', manifests({ 'ca.crt': next.pem }));
      assert.deepEqual([(await ask({ session: ofBob })).seen, (await ask({ session })).seen], ['400', '400']);
    });
  }
});
