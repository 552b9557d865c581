import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, ingress, path, rule, service, slice } from './objects-testbed.ts';

const base = [service('web'), slice('web', ['10.0.0.1'])];
const prefix = 'nginx.ingress.kubernetes.io';

/** The locations of the paths `/a` and `/b` of two Ingresses with the same annotations. */
function locationsOf(annotations: Record<string, string>) {
  const two = ['one', 'two'].map((name) => ingress(name, { annotations, rules: [rule(`${name}.test`, path('/a'), path('/b'))] }));
  const [, one, other] = build([...base, ...two]).topology.servers;
  const at = (server: typeof one, text: string) => server?.locations.find(({ match }) => match.path === text);
  const [a, b, ofOther] = [at(one, '/a'), at(one, '/b'), at(other, '/a')];
  assert.ok(a && b && ofOther);
  return { a, b, ofOther };
}

test('what the paths of an Ingress have in common is in memory once', () => {
  const { a, b, ofOther } = locationsOf({ [`${prefix}/proxy-read-timeout`]: '30' });
  assert.equal(a.target, b.target);
  assert.equal(a.target, ofOther.target);
  assert.equal(a.directives, b.directives);
  assert.deepEqual(a.directives, ofOther.directives);
  assert.equal(a.origin?.object, b.origin?.object);
  assert.equal(a.origin?.object.name, 'one');
  assert.equal(ofOther.origin?.object.name, 'two');
});

test('what depends on the path is found out for each', () => {
  const { a, b } = locationsOf({ [`${prefix}/proxy-read-timeout`]: '30', [`${prefix}/rewrite-target`]: '/x' });
  assert.deepEqual([a.rewrite?.pattern, b.rewrite?.pattern], ['(?i)/a', '(?i)/b']);
  assert.deepEqual(a.directives, b.directives);
});

test('an annotation that is ignored is told once for an Ingress, however many paths it has', () => {
  const annotations = { [`${prefix}/x-forwarded-prefix`]: '/x', [`${prefix}/proxy-read-timeout`]: 'soon' };
  const { diagnostics } = build([...base, ingress('one', { annotations, rules: [rule('one.test', path('/a'), path('/b'))] })]);
  assert.deepEqual(
    diagnostics.map(({ code, field }) => [code, field]),
    [
      ['AnnotationInvalid', `metadata.annotations["${prefix}/proxy-read-timeout"]`],
      ['AnnotationWithoutEffect', `metadata.annotations["${prefix}/x-forwarded-prefix"]`],
    ],
  );
});

test('a field of a rule far down is named as well as the first ones', () => {
  const many = Array.from({ length: 70 }, (_, index) => rule(`h${String(index).padStart(2, '0')}.test`, path('/a')));
  const paths = Array.from({ length: 70 }, (_, index) => path(`/p${String(index).padStart(2, '0')}`));
  const { servers } = build([...base, ingress('hosts', { rules: many }), ingress('paths', { rules: [rule('z.test', ...paths)] })]).topology;
  const fieldsOf = (at: number) => servers.at(at)?.locations.map(({ origin }) => origin?.field);
  assert.deepEqual(fieldsOf(-2), [undefined, 'spec.rules[69].http.paths[0]']);
  assert.equal(fieldsOf(-1)?.at(-1), 'spec.rules[0].http.paths[69]');
  assert.equal(fieldsOf(1)?.at(-1), 'spec.rules[0].http.paths[0]');
  assert.deepEqual(
    servers.at(-2)?.origins.map(({ field }) => field),
    ['spec.rules[69]'],
  );
});
