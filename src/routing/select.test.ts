import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress, IngressClass } from '../model/objects.ts';
import { ingress, ingressClass, snapshot } from './objects-testbed.ts';
import { defaultRoutingOptions, type RoutingOptions } from './options.ts';
import { selectIngresses } from './select.ts';

const ours = 'k8s.io/ingress-nginx';
const foreign = 'example.com/other';
const classless = ingress('web');
const legacy = (value: string) => ingress('web', { annotations: { 'kubernetes.io/ingress.class': value } });
const named = (name: string) => ingress('web', { ingressClassName: name });
const cluster = { local: false, watchIngressWithoutClass: false };

interface Row {
  readonly title: string;
  readonly is: boolean;
  readonly ingress: Ingress;
  readonly classes?: readonly IngressClass[];
  readonly options?: Partial<RoutingOptions>;
}

const rows: readonly Row[] = [
  {
    title: 'a class whose controller is ours is ours under any name',
    is: true,
    ingress: named('edge'),
    classes: [ingressClass('edge', ours)],
  },
  { title: 'a class of another controller is foreign', is: false, ingress: named('edge'), classes: [ingressClass('edge', foreign)] },
  {
    title: 'a class with our name but another controller is foreign',
    is: false,
    ingress: named('nginx'),
    classes: [ingressClass('nginx', foreign)],
  },
  {
    title: 'a class with our name is ours by name when asked for',
    is: true,
    ingress: named('nginx'),
    classes: [ingressClass('nginx', foreign)],
    options: { ...cluster, ingressClassByName: true },
  },
  {
    title: 'a class with another name is not ours by name',
    is: false,
    ingress: named('edge'),
    classes: [ingressClass('edge', foreign)],
    options: { ...cluster, ingressClassByName: true },
  },
  { title: 'a folder need not hold our own class', is: true, ingress: named('nginx') },
  { title: 'a folder that lacks another class leaves its Ingresses out', is: false, ingress: named('edge') },
  { title: 'in a cluster the class has to exist', is: false, ingress: named('nginx'), options: cluster },
  { title: 'the legacy annotation with our value is ours', is: true, ingress: legacy('nginx'), options: cluster },
  { title: 'the legacy annotation with another value is foreign', is: false, ingress: legacy('other') },
  {
    title: 'the legacy annotation does not name an IngressClass',
    is: false,
    ingress: legacy('edge'),
    classes: [ingressClass('edge', ours)],
  },
  { title: 'the legacy annotation follows --ingress-class', is: true, ingress: legacy('edge'), options: { ingressClass: 'edge' } },
  {
    title: 'ingressClassName counts before the legacy annotation',
    is: false,
    ingress: ingress('web', { ingressClassName: 'edge', annotations: { 'kubernetes.io/ingress.class': 'nginx' } }),
    classes: [ingressClass('edge', foreign)],
  },
  { title: 'an Ingress without a class is ours in a folder', is: true, ingress: classless },
  { title: 'an Ingress without a class is not ours in a cluster', is: false, ingress: classless, options: cluster },
  { title: 'an Ingress without a class is ours in a cluster when asked for', is: true, ingress: classless, options: { local: false } },
  {
    title: 'in a folder the default class takes Ingresses without a class: another controller',
    is: false,
    ingress: classless,
    classes: [ingressClass('edge', foreign, { isDefault: true })],
  },
  {
    title: 'in a folder the default class takes Ingresses without a class: ours',
    is: true,
    ingress: classless,
    classes: [ingressClass('edge', ours, { isDefault: true })],
    options: { watchIngressWithoutClass: false },
  },
  {
    title: 'of two default classes the newest counts',
    is: false,
    ingress: classless,
    classes: [ingressClass('a', ours, { isDefault: true, created: 1 }), ingressClass('b', foreign, { isDefault: true, created: 2 })],
  },
  {
    title: 'of two default classes of one time the first by name counts',
    is: true,
    ingress: classless,
    classes: [ingressClass('b', foreign, { isDefault: true }), ingressClass('a', ours, { isDefault: true })],
  },
  {
    title: 'in a cluster the API server has applied the default class already',
    is: true,
    ingress: classless,
    classes: [ingressClass('edge', foreign, { isDefault: true })],
    options: { local: false },
  },
];

for (const row of rows) {
  test(row.title, () => {
    const selected = selectIngresses(snapshot(row.ingress, ...(row.classes ?? [])), { ...defaultRoutingOptions, ...row.options });
    assert.equal(selected.length, row.is ? 1 : 0);
  });
}

function order(...ingresses: readonly Ingress[]): readonly string[] {
  return selectIngresses(snapshot(...ingresses), defaultRoutingOptions).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

test('the oldest Ingress comes first, whatever its name', () => {
  assert.deepEqual(order(ingress('a/young', { created: 9 }), ingress('z/old', { created: 1 }), ingress('m/middle', { created: 5 })), [
    'z/old',
    'm/middle',
    'a/young',
  ]);
});

test('of Ingresses of one second the larger namespace and name comes first, also where milliseconds differ', () => {
  assert.deepEqual(order(ingress('a/x', { created: 5 }), ingress('b/a', { created: 5.9 }), ingress('b/b', { created: 5.1 })), [
    'b/b',
    'b/a',
    'a/x',
  ]);
});

test('an Ingress without a creation time is the youngest; several of them are ordered like those of one second', () => {
  assert.deepEqual(order(ingress('z/new'), ingress('a/old', { created: 2_000_000_000 }), ingress('a/new')), ['a/old', 'z/new', 'a/new']);
});
