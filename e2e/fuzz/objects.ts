import { configKeyOf } from '../../src/annotations/define.ts';
import { features } from '../../src/annotations/load.ts';
import { groups } from '../../src/config/load.ts';
import type { ConfigMap, Ingress, KubeObject } from '../../src/model/objects.ts';
import { certificate } from '../../src/routing/certificates-testbed.ts';
import { ingress, path, port, rule, secret, service, slice, to } from '../../src/routing/objects-testbed.ts';

/** Secrets hold this word, and nothing else may. */
export const canary = 'c4naryInSecret';

/** What every annotation of ours begins with. */
export const prefix = 'nginx.ingress.kubernetes.io/';

/** Every annotation key with a value that is accepted. */
export const annotationExamples: ReadonlyMap<string, string> = new Map(
  [...features.values()].flatMap(({ keys }) =>
    Object.entries(keys).flatMap(([key, { example, alias }]) => [key, ...(alias ? [alias] : [])].map((name) => [name, example] as const)),
  ),
);

/** Every key of the ConfigMap with a value that is accepted. */
export const settingExamples: ReadonlyMap<string, string> = new Map([
  ...[...features.values()].flatMap(({ keys }) =>
    Object.entries(keys).flatMap(([key, one]) => {
      const name = configKeyOf(key, one);
      return name === undefined ? [] : [[name, one.example] as const];
    }),
  ),
  ...[...groups.values()].flatMap(({ keys }) => Object.entries(keys).map(([key, { example }]) => [key, example] as const)),
]);

/** A ConfigMap. */
export function configMap(name: string, data: Readonly<Record<string, string>>): ConfigMap {
  const [last = '', namespace = 'default'] = name.split('/').reverse();
  return { kind: 'ConfigMap', metadata: { namespace, name: last, labels: {}, annotations: {} }, data };
}

const authority = await certificate({ commonName: 'authority' });
/** A certificate of the hosts, with its key. */
export const pair = await certificate({ names: ['a.test', 'neighbour.test', '*.w.test'] });

/** A Secret with everything that a Secret can be named for. */
function secretOf(name: string): KubeObject {
  const files = { 'tls.crt': pair.pem, 'tls.key': pair.key, 'ca.crt': authority.pem };
  return secret(name, { ...files, auth: `alice:{PLAIN}${canary}\n`, token: canary });
}

const services = ['default/web', 'default/error-pages', 'default/api', 'auth-system/auth', 'other/web', 'other/secret'];
const secrets = ['default/users', 'default/backend-tls', 'default/client-ca', 'default/pair', 'other/secret', 'other/users', 'other/pair'];
const maps = [
  'default/fastcgi',
  'default/security-headers',
  'default/auth-headers',
  'settings/request-headers',
  'settings/response-headers',
];

/** What the examples name, and a neighbour that nobody may touch. */
export const surroundings: readonly KubeObject[] = [
  ...services.flatMap((name) => [service(name, { ports: [port(80, { targetPort: 8080 })] }), slice(`${name}#1`, ['10.1.2.3'], '8080')]),
  ...secrets.map(secretOf),
  ...maps.map((name) => configMap(name, { 'X-Frame-Options': 'DENY', 'Content-Security-Policy': "default-src 'self'" })),
  configMap('gatehouse/auth-ca', { 'ca.crt': authority.pem }),
  ingress('other/neighbour', {
    created: 1,
    rules: [rule('neighbour.test', path('/'), path('/guarded', 'Exact'))],
    tls: [{ hosts: ['neighbour.test'], secretName: 'pair' }],
    annotations: { [`${prefix}auth-type`]: 'basic', [`${prefix}auth-secret`]: 'users' },
  }),
];

/** An Ingress of a host of its own with annotations, which are named without their prefix. */
export function annotatedIngress(index: number, annotations: Readonly<Record<string, string>>): Ingress {
  const host = `h${index}.test`;
  return ingress(`default/i${index}`, {
    created: 2 + index,
    rules: [rule(host, path('/'), path('/a(b|c)/d', 'ImplementationSpecific'), path('/exact', 'Exact', to('api')))],
    tls: [{ hosts: [host], secretName: 'pair' }],
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value])),
  });
}
