import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Pem } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';
import { createCertificates } from './certificates.ts';
import { startEndpointServer } from './dns.ts';
import { createLiveFiles } from './live-files.ts';
import { createLiveValues, type Values } from './live-values.ts';
import { openRunDirectory } from './run-directory.ts';

const [web, api] = ['00000000000000aa', '00000000000000bb'] as const;
const pem = (name: string): Pem => ({ key: `key ${name}`, chain: `chain ${name}` });

/** What is on disk as `name: content`, and stores that write there. */
async function place(t: TestContext) {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-')));
  const run = await openRunDirectory(path);
  const endpoints = await startEndpointServer({ count: 1 });
  t.after(async () => {
    await endpoints.close();
    await run.close();
    await rm(path, { recursive: true, force: true });
  });
  const values = createLiveValues({ endpoints, certificates: createCertificates(path, pem('self-signed')), files: createLiveFiles(path) });
  const onDisk = async (folder: string) => {
    const names = (await readdir(folder)).sort();
    return Promise.all(names.map(async (name) => `${name}: ${(await readFile(`${folder}/${name}`, 'utf8')).trim().replace('\n', ', ')}`));
  };
  return { values, certificates: () => onDisk(runPaths(path).certificates), files: () => onDisk(runPaths(path).files) };
}

function valuesOf(address: string, certificate: Pem, password: string): Values {
  return {
    endpoints: new Map([['u1', [{ address, port: 80 }]]]),
    certificates: new Map<string, Pem | 'default'>([
      ['default', pem('operator')],
      [web, certificate],
      [api, 'default'],
    ]),
    files: new Map([[web, password]]),
  };
}

test('what was refreshed is counted by the next publication, which writes nothing twice', async (t) => {
  const { values, certificates, files } = await place(t);
  assert.deepEqual(await values.publish(valuesOf('10.0.0.1', pem('a'), 'one')), { endpoints: 1, certificates: 3, files: 1 });
  const next = valuesOf('10.0.0.2', pem('b'), 'two');
  await values.refresh(next);
  assert.deepEqual(await certificates(), [
    `${web}.pem: key b, chain b`,
    `${api}.pem: key operator, chain operator`,
    'default.pem: key operator, chain operator',
  ]);
  assert.deepEqual(await files(), [`${web}: two`]);
  assert.deepEqual(await values.publish(next), { endpoints: 1, certificates: 1, files: 1 });
  assert.deepEqual(await values.publish(next), { endpoints: 0, certificates: 0, files: 0 });
});

test('endpoints of an upstream that is not published are not, and no certificates leave the default one as it is', async (t) => {
  const { values, certificates } = await place(t);
  await values.publish(valuesOf('10.0.0.1', pem('a'), 'one'));
  const before = await certificates();
  await values.refresh({ endpoints: new Map([['u2', [{ address: '10.0.0.9', port: 80 }]]]), certificates: new Map() });
  assert.deepEqual(await certificates(), before);
  assert.deepEqual(await values.publish(valuesOf('10.0.0.1', pem('a'), 'one')), { endpoints: 0, certificates: 0, files: 0 });
});

test('of calls that overlap the last one counts', async (t) => {
  const { values, certificates, files } = await place(t);
  const calls: Promise<unknown>[] = [values.publish(valuesOf('10.0.0.1', pem('a'), 'one'))];
  for (let number = 0; number < 20; number += 1) calls.push(values.refresh(valuesOf('10.0.0.2', pem(`${number}`), `${number}`)));
  calls.push(values.prune({ certificates: new Map([[web, 'default']]), files: new Map([[web, '']]) }));
  await Promise.all(calls);
  assert.deepEqual(await certificates(), [`${web}.pem: key 19, chain 19`, 'default.pem: key operator, chain operator']);
  assert.deepEqual(await files(), [`${web}: 19`]);
});
