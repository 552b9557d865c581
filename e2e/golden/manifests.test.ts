import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyManifests, manifestText } from './manifests.ts';

const first = `# a comment
kind: Service
metadata: {name: n}
spec: {ports: [{name: 'off', port: 80}]}
---
kind: Ingress
metadata: {name: n, namespace: team}
---
`;

test('new objects are created now, and changed ones keep their age', () => {
  const before = applyManifests(new Map(), [first], 'T1');
  const later = 'kind: Service\nmetadata: {name: n, namespace: default}\nspec: {}\n---\nkind: Ingress\nmetadata: {name: new}\n';
  assert.equal(
    manifestText(applyManifests(before, [later], 'T2')),
    `---
{"kind":"Service","metadata":{"name":"n","namespace":"default","creationTimestamp":"T1"},"spec":{}}
---
{"kind":"Ingress","metadata":{"name":"n","namespace":"team","creationTimestamp":"T1"}}
---
{"kind":"Ingress","metadata":{"name":"new","creationTimestamp":"T2"}}
`,
  );
  assert.equal(before.size, 2);
});

test('a manifest that does not parse is an error', () => {
  assert.throws(() => applyManifests(new Map(), ['kind: {'], 'T1'), /flow map|expected/i);
});
