import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, Secret } from '../model/objects.ts';
import type { ServerName } from '../model/routing.ts';
import { buildRouting } from './build.ts';
import { certificate, type Wanted } from './certificates-testbed.ts';
import { certificateId } from './identity.ts';
import { build, complaints, ingress, path, rule, secret, service, slice, snapshot, testNow } from './objects-testbed.ts';
import { defaultRoutingOptions } from './options.ts';

async function tlsSecret(name: string, wanted: Wanted): Promise<Secret> {
  const made = await certificate(wanted);
  return secret(name, { 'tls.crt': made.pem, 'tls.key': made.key });
}

const secrets = {
  a: await tlsSecret('a', { names: ['a.test'] }),
  again: await tlsSecret('again', { names: ['a.test'] }),
  wild: await tlsSecret('wild', { names: ['*.a.test'] }),
  common: await tlsSecret('common', { commonName: 'a.test' }),
  old: await tlsSecret('old', { names: ['a.test', 'old.test'], notBefore: '2026-01-01', notAfter: '2026-05-01' }),
  early: await tlsSecret('early', { names: ['a.test', 'early.test'], notBefore: '2026-07-01', notAfter: '2026-08-01' }),
  broken: secret('broken', { 'tls.crt': 'hello', 'tls.key': 'hello' }),
  opaque: { ...(await tlsSecret('opaque', { names: ['a.test'] })), type: 'Opaque' },
};

const names = new Map(
  ['a', 'again', 'wild', 'common', 'old', 'early', 'broken', 'opaque', 'none'].map((name) => [certificateId('default', name), name]),
);
const base: readonly KubeObject[] = [service('web'), slice('web', ['10.0.0.1'])];

function hostText(name: ServerName): string {
  if (name.kind === 'default') return '(any)';
  return name.kind === 'exact' ? name.host : `*.${name.suffix}`;
}

/** One line for each host: its certificate, what is published under that name, and whether plain http is redirected. */
function certificates(objects: readonly KubeObject[]) {
  const built = build([...base, ...objects]);
  const lines = built.topology.servers.slice(1).map(({ name, certificate, locations }) => {
    const content = certificate === undefined ? undefined : built.runtime.certificates.get(certificate);
    const of = certificate === undefined ? 'nothing' : (names.get(certificate) ?? certificate);
    const holds = content === undefined ? '' : content === 'default' ? ' (holds default)' : ' (holds its own)';
    return `${hostText(name)}: ${of}${holds}${locations.every((location) => location.httpsRedirect) ? ' https' : ''}`;
  });
  return { certificates: lines, complaints: complaints(built) };
}

interface Row {
  readonly title: string;
  readonly objects: readonly KubeObject[];
  readonly certificates: readonly string[];
  readonly complaints?: readonly string[];
}

const web = (hosts: readonly string[], ...tls: readonly { readonly hosts: readonly string[]; readonly secretName?: string }[]) =>
  ingress('web', { rules: hosts.map((host) => rule(host, path('/'))), tls });
const get = (host: string) => `${host} gets the default certificate:`;

const rows: readonly Row[] = [
  { title: 'a host without tls is plain', objects: [web(['a.test'])], certificates: ['a.test: nothing'] },
  {
    title: 'a host gets the certificate of the entry that lists it, and https only',
    objects: [secrets.a, web(['a.test'], { hosts: ['a.test'], secretName: 'a' })],
    certificates: ['a.test: a (holds its own) https'],
  },
  {
    title: 'a certificate with only a common name and a Secret of another type are good enough',
    objects: [secrets.common, secrets.opaque, web(['a.test'], { hosts: ['a.test'], secretName: 'common' })],
    certificates: ['a.test: common (holds its own) https'],
  },
  {
    title: 'a missing Secret leaves the default certificate under its name, so that its arrival needs no reload',
    objects: [web(['a.test'], { hosts: ['a.test'], secretName: 'none' })],
    certificates: ['a.test: none (holds default) https'],
    complaints: [`error SecretMissing Ingress default/web spec.tls[0].secretName: ${get('a.test')} Secret default/none does not exist.`],
  },
  {
    title: 'a Secret of another namespace does not exist for an Ingress',
    objects: [
      { ...secrets.a, metadata: { ...secrets.a.metadata, namespace: 'other' } },
      web(['a.test'], { hosts: ['a.test'], secretName: 'a' }),
    ],
    certificates: ['a.test: a (holds default) https'],
    complaints: [`error SecretMissing Ingress default/web spec.tls[0].secretName: ${get('a.test')} Secret default/a does not exist.`],
  },
  {
    title: 'a Secret that cannot be read is explained',
    objects: [secrets.broken, web(['a.test'], { hosts: ['a.test'], secretName: 'broken' })],
    certificates: ['a.test: broken (holds default) https'],
    complaints: [
      `error CertificateInvalid Ingress default/web spec.tls[0].secretName: ${get('a.test')} Secret default/broken is not usable: tls.crt holds no PEM certificate.`,
    ],
  },
  {
    title: 'an expired certificate is not served',
    objects: [secrets.old, web(['a.test'], { hosts: ['a.test'], secretName: 'old' })],
    certificates: ['a.test: old (holds default) https'],
    complaints: [
      `error CertificateExpired Ingress default/web spec.tls[0].secretName: ${get('a.test')} Secret default/old has expired at 2026-05-01T00:00:00.000Z.`,
    ],
  },
  {
    title: 'a certificate of the future is not served',
    objects: [secrets.early, web(['a.test'], { hosts: ['a.test'], secretName: 'early' })],
    certificates: ['a.test: early (holds default) https'],
    complaints: [
      `error CertificateExpired Ingress default/web spec.tls[0].secretName: ${get('a.test')} Secret default/early is valid only from 2026-07-01T00:00:00.000Z.`,
    ],
  },
  {
    title: 'a certificate that does not name the host is not served for it, but for the host that it names',
    objects: [secrets.a, web(['a.test', 'b.test'], { hosts: ['a.test', 'b.test'], secretName: 'a' })],
    certificates: ['a.test: a (holds its own) https', 'b.test: default https'],
    complaints: [
      `warning CertificateHostMismatch Ingress default/web spec.tls[0].secretName: ${get('b.test')} the certificate in Secret default/a covers a.test.`,
    ],
  },
  {
    title: 'an entry without a Secret asks for the default certificate',
    objects: [web(['a.test'], { hosts: ['a.test'] })],
    certificates: ['a.test: default https'],
  },
  {
    title: 'an entry without hosts serves the hosts that its certificate names',
    objects: [
      secrets.a,
      secrets.wild,
      web(['a.test', 'x.a.test', '*.a.test'], { hosts: [], secretName: 'a' }, { hosts: [], secretName: 'wild' }),
    ],
    certificates: ['a.test: a (holds its own) https', 'x.a.test: wild (holds its own) https', '*.a.test: wild (holds its own) https'],
  },
  {
    title: 'an entry without hosts whose Secret is missing is reported for each host',
    objects: [web(['a.test', 'b.test'], { hosts: [], secretName: 'none' })],
    certificates: ['a.test: none (holds default) https', 'b.test: none (holds default) https'],
    complaints: [
      `error SecretMissing Ingress default/web spec.tls[0].secretName: ${get('a.test')} Secret default/none does not exist.`,
      `error SecretMissing Ingress default/web spec.tls[0].secretName: ${get('b.test')} Secret default/none does not exist.`,
    ],
  },
  {
    title: 'an entry without hosts whose certificate names another host is a mismatch',
    objects: [secrets.a, web(['b.test'], { hosts: [], secretName: 'a' })],
    certificates: ['b.test: default https'],
    complaints: [
      `warning CertificateHostMismatch Ingress default/web spec.tls[0].secretName: ${get('b.test')} the certificate in Secret default/a covers a.test.`,
    ],
  },
  {
    title: 'a host that no entry lists takes the certificate of an entry for others when that one names it',
    objects: [secrets.a, web(['a.test'], { hosts: ['other.test'], secretName: 'a' })],
    certificates: ['a.test: a (holds its own) https'],
  },
  {
    title: 'a host that no entry lists and no certificate names gets the default certificate and https, and a warning',
    objects: [secrets.a, web(['a.test', 'b.test'], { hosts: ['a.test'], secretName: 'a' })],
    certificates: ['a.test: a (holds its own) https', 'b.test: default https'],
    complaints: [
      `warning CertificateHostMismatch Ingress default/web spec.tls: ${get('b.test')} no entry of tls lists it, and no certificate of them covers it. Add it to the hosts of one.`,
    ],
  },
  {
    title: 'the entry that lists a host counts before one whose certificate names it',
    objects: [secrets.a, web(['a.test'], { hosts: [], secretName: 'a' }, { hosts: ['a.test'], secretName: 'none' })],
    certificates: ['a.test: none (holds default) https'],
    complaints: [`error SecretMissing Ingress default/web spec.tls[1].secretName: ${get('a.test')} Secret default/none does not exist.`],
  },
  {
    title: 'a wildcard host with tls redirects every host one label below it, and no other',
    objects: [
      secrets.wild,
      web(['*.a.test'], { hosts: ['*.a.test'], secretName: 'wild' }),
      ingress('plain', { rules: ['a.test', 'x.a.test', 'y.x.a.test'].map((host) => rule(host, path('/'))) }),
    ],
    certificates: ['a.test: nothing', 'x.a.test: nothing https', 'y.x.a.test: nothing', '*.a.test: wild (holds its own) https'],
  },
  {
    title: 'the oldest Ingress with tls for a host chooses its certificate, and the host redirects for all of them',
    objects: [
      secrets.a,
      secrets.again,
      ingress('old', { created: 1, rules: [rule('a.test', path('/old'))] }),
      ingress('middle', { created: 2, rules: [rule('a.test', path('/m'))], tls: [{ hosts: ['a.test'], secretName: 'a' }] }),
      ingress('new', { created: 3, rules: [rule('a.test', path('/n'))], tls: [{ hosts: ['a.test'], secretName: 'again' }] }),
    ],
    certificates: ['a.test: a (holds its own) https'],
    complaints: [
      'warning CertificateTaken Ingress default/new spec.tls[0].secretName: an older Ingress already chose the certificate of a.test; that one is served. Name the same Secret in both, or leave tls out of this one.',
    ],
  },
  {
    title: 'a missing Secret of the older Ingress is not replaced by that of a younger one',
    objects: [
      secrets.a,
      ingress('old', { created: 1, rules: [rule('a.test', path('/'))], tls: [{ hosts: ['a.test'], secretName: 'none' }] }),
      ingress('new', { created: 2, rules: [rule('a.test', path('/n'))], tls: [{ hosts: ['a.test'], secretName: 'a' }] }),
    ],
    certificates: ['a.test: none (holds default) https'],
    complaints: [
      'warning CertificateTaken Ingress default/new spec.tls[0].secretName: an older Ingress already chose the certificate of a.test; that one is served. Name the same Secret in both, or leave tls out of this one.',
      `error SecretMissing Ingress default/old spec.tls[0].secretName: ${get('a.test')} Secret default/none does not exist.`,
    ],
  },
  {
    title: 'Ingresses that choose the same certificate agree, also about the default one and across namespaces',
    objects: [
      secrets.a,
      ...['one', 'two'].map((name) =>
        ingress(name, { rules: [rule('a.test', path(`/${name}`))], tls: [{ hosts: ['a.test'], secretName: 'a' }] }),
      ),
      service('team/web'),
      slice('team/web', ['10.0.0.1']),
      ...['team/x', 'y'].map((name) => ingress(name, { rules: [rule('b.test', path(`/${name}`))], tls: [{ hosts: ['b.test'] }] })),
    ],
    certificates: ['a.test: a (holds its own) https', 'b.test: default https'],
  },
  {
    title: 'a tls host that has no rule is no server',
    objects: [secrets.a, web(['b.test'], { hosts: ['a.test'], secretName: 'a' }, { hosts: ['b.test'] })],
    certificates: ['b.test: default https'],
  },
];

for (const row of rows) {
  test(row.title, () => assert.deepEqual(certificates(row.objects), { certificates: row.certificates, complaints: row.complaints ?? [] }));
}

test('a rule without host is never redirected', () => {
  const built = build([
    ...base,
    secrets.a,
    ingress('web', { rules: [rule('', path('/')), rule('a.test', path('/'))], tls: [{ hosts: ['a.test'], secretName: 'a' }] }),
  ]);
  assert.deepEqual(
    built.topology.servers.map((server) => server.locations.map((location) => location.httpsRedirect)),
    [[false], [true]],
  );
});

test('a result is valid until the next certificate begins or ends, and changes at that moment', () => {
  const objects = [
    ...base,
    secrets.a,
    secrets.early,
    secrets.old,
    web(['a.test'], { hosts: ['a.test'], secretName: 'a' }),
    ...(['early', 'old'] as const).map((name) =>
      ingress(name, { rules: [rule(`${name}.test`, path('/'))], tls: [{ hosts: [`${name}.test`], secretName: name }] }),
    ),
  ];
  const moments: string[] = [];
  for (let now: number | undefined = testNow; now !== undefined && moments.length < 9; ) {
    const built = buildRouting({ ...snapshot(...objects), now }, defaultRoutingOptions);
    const own = [...built.runtime.certificates].flatMap(([id, content]) => (content === 'default' ? [] : [names.get(id)]));
    moments.push(`${new Date(now).toISOString().slice(0, 10)} ${own.join(' ')}`);
    now = built.validUntil;
  }
  assert.deepEqual(moments, ['2026-06-01 a', '2026-06-16 ', '2026-07-01 early', '2026-08-01 ']);
});

test('without certificates a result is valid for ever', () => {
  assert.equal(build([...base, web(['a.test'])]).validUntil, undefined);
});
