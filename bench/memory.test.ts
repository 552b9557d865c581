import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { kinds } from '../src/model/objects.ts';
import { buildRouting } from '../src/routing/build.ts';
import { defaultRoutingOptions } from '../src/routing/options.ts';
import { readFolder } from '../src/sources/folder.ts';
import { createStore } from '../src/sources/store.ts';
import { usualPaths, writeManifests } from './kit/manifests.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes in use, when everything else was collected. */
function used(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

const ingresses = 1000;

async function read(folder: string) {
  const store = createStore({ kinds, now: () => 0 });
  return { store, folder: await readFolder({ paths: [folder], sink: (event) => void store.apply(event) }) };
}

/** Bytes for each Ingress with its Service and endpoints, in a file each, and for what a build makes of them. */
async function bytesEach(annotations: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-memory-'));
  try {
    await writeManifests(folder, { ingresses, services: ingresses, paths: usualPaths, backendPort: 8080, annotations }, 'files');
    // What is made once, however much there is, belongs to nobody.
    const warm = await read(folder);
    buildRouting(warm.store.snapshot(), defaultRoutingOptions);
    const before = used();
    const kept = await read(folder);
    const afterRead = used();
    const built = buildRouting(kept.store.snapshot(), defaultRoutingOptions);
    const afterBuild = used();
    assert.equal(built.topology.servers.length, ingresses + 1);
    assert.equal(warm.folder.summary().files, kept.folder.summary().files);
    return { read: (afterRead - before) / ingresses, built: (afterBuild - afterRead) / ingresses };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('an Ingress with three paths, a Service and an endpoint take so many bytes at most', async (t) => {
  const plain = await bytesEach({});
  const annotated = await bytesEach({ 'rewrite-target': '/x', 'proxy-read-timeout': '30' });
  t.diagnostic(JSON.stringify({ plain, annotated }));
  assert.ok(plain.read < 7000, `${plain.read} bytes for what was read`);
  assert.ok(plain.built < 2300, `${plain.built} bytes for what was built`);
  assert.ok(annotated.read < 7400, `${annotated.read} bytes for what was read with annotations`);
  assert.ok(annotated.built < 4500, `${annotated.built} bytes for what was built with annotations`);
});
