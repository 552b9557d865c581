import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { certificate } from '../../src/routing/certificates-testbed.ts';
import { apply, kubectl } from './kit/commands.ts';
import { backends, ingress, service, tlsSecret } from './kit/objects.ts';
import { type Address, installMain, nodePort } from './kit/release.ts';
import { ask } from './kit/requests.ts';
import { answered, underLoad } from './kit/routes.ts';
import { settings } from './kit/settings.ts';
import { eventually } from './kit/waiting.ts';

const { appNamespace: app } = settings;
const day = 86_400_000;
let http: Address;
let https: Address;

before(async () => {
  await installMain();
  http = await nodePort();
  https = await nodePort('https');
  await apply(backends(app, 'secure'), service(app, 'secure'));
  await kubectl(`rollout status deployment/secure -n ${app} --timeout 60s`);
});

/** Puts a certificate that is valid now into a Secret. */
async function issue(secret: string, host: string, commonName: string): Promise<void> {
  const made = await certificate({
    commonName,
    names: [host],
    notBefore: new Date(Date.now() - day).toISOString(),
    notAfter: new Date(Date.now() + 30 * day).toISOString(),
  });
  await apply(tlsSecret(app, secret, made));
}

function shows(url: string, commonName: string, limitMs = 15_000): Promise<void> {
  return eventually(async () => {
    const answer = await ask({ ...https, url });
    assert.deepEqual([answer.status, answer.certificate], [200, commonName]);
  }, limitMs);
}

describe('https', () => {
  test('shows each host its own certificate, by SNI, and plain requests are redirected', async () => {
    for (const name of ['one', 'two']) {
      const host = `${name}.tls.example.com`;
      await issue(`tls-${name}`, host, name);
      await apply(ingress(app, `tls-${name}`, { host, paths: [{ service: 'secure' }], secret: `tls-${name}` }));
    }
    await shows('https://one.tls.example.com/', 'one');
    await shows('https://two.tls.example.com/', 'two');
    const unknown = await ask({ ...https, url: 'https://three.tls.example.com/' });
    assert.deepEqual([unknown.status, unknown.certificate], [404, 'Kubernetes Ingress Controller Fake Certificate']);
    const { headers } = await answered(http, 'http://one.tls.example.com/cart', 308);
    assert.equal(headers.location, 'https://one.tls.example.com/cart');
  });

  test('a certificate is rotated five times without a failed request and without a reload', async (t) => {
    const url = 'https://one.tls.example.com/';
    const before = await generation();
    const times: number[] = [];
    const report = await underLoad(t, { ...https, url }, async () => {
      for (let turn = 1; turn <= 5; turn += 1) {
        await issue('tls-one', 'one.tls.example.com', `one-${turn}`);
        const start = performance.now();
        await shows(url, `one-${turn}`);
        times.push(Math.round(performance.now() - start));
      }
    });
    t.diagnostic(`new certificates were shown after ${times.join(', ')} ms`);
    assert.equal(report.failures.length, 0);
    assert.equal(await generation(), before);
  });

  test('a Secret that comes later is shown as soon as it is there', async () => {
    const host = 'late.tls.example.com';
    await apply(ingress(app, 'tls-late', { host, paths: [{ service: 'secure' }], secret: 'tls-late' }));
    await answered(https, `https://${host}/`, 200);
    await issue('tls-late', host, 'late');
    await shows(`https://${host}/`, 'late');
  });
});

async function generation(): Promise<string> {
  const words = `exec -n ${settings.releaseNamespace} deployment/gatehouse-controller -c nginx -- readlink /run/gatehouse/live/current`;
  return kubectl(words);
}
