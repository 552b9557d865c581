// biome-ignore-all lint/suspicious/noTemplateCurlyInString: NGINX writes variables in the same way
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateMaps } from './certificate-maps.ts';
import { location, prefix, server, settings } from './topology-testbed.ts';

const locations = [location(prefix('/'), 404)];
const file = (id: string) => `/run/gatehouse/certificates/${id}.pem`;

test('hosts with a certificate are looked up by name, wildcards by what follows the first label, everything else gets the default', () => {
  const maps = certificateMaps(
    [
      server({ kind: 'default' }, locations),
      server({ kind: 'exact', host: 'a.test' }, locations, { certificate: '1111' }),
      server({ kind: 'exact', host: 'plain.test' }, locations),
      server({ kind: 'exact', host: 'default' }, locations, { certificate: 'default' }),
      server({ kind: 'wildcard', suffix: 'a.test' }, locations, { certificate: '2222' }),
    ],
    settings,
  );
  assert.deepEqual(maps, {
    default: file('default'),
    exact: [
      { key: 'a.test', file: file('1111') },
      { key: '"\\\\default"', file: file('default') },
    ],
    wildcard: [{ key: '.a.test', file: file('2222') }],
    cached: 1000,
  });
});

test('NGINX keeps every certificate in memory, four times over, as each is a new entry when it is replaced', () => {
  const many = Array.from({ length: 600 }, (_, index) =>
    server({ kind: 'exact', host: `h${index}.test` }, locations, { certificate: String(index) }),
  );
  assert.equal(certificateMaps(many, settings).cached, 2400);
});

test('a dollar sign in the run directory is no variable', () => {
  assert.equal(
    certificateMaps([], { ...settings, runDirectory: '/run/$a' }).default,
    '"/run/${gatehouse_dollar}a/certificates/default.pem"',
  );
});
