import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../model/runtime.ts';
import { createPublication } from './endpoint-publication.ts';

const at = (...addresses: readonly string[]): readonly Endpoint[] => addresses.map((address) => ({ address, port: 80 }));

test('only what changed is told, with the number of the publication in which the upstream appeared', () => {
  const publication = createPublication();
  assert.deepEqual(
    publication.replace(
      new Map([
        ['a', at('10.0.0.1')],
        ['b', at()],
      ]),
    ),
    {
      upserts: [
        { id: 'a', since: 1, endpoints: at('10.0.0.1') },
        { id: 'b', since: 1, endpoints: [] },
      ],
      removals: [],
    },
  );
  assert.deepEqual(
    publication.replace(
      new Map([
        ['a', at('10.0.0.1')],
        ['b', at()],
      ]),
    ),
    { upserts: [], removals: [] },
  );
  assert.deepEqual(
    publication.replace(
      new Map([
        ['a', at('10.0.0.2')],
        ['c', at('10.0.0.3')],
      ]),
    ),
    {
      upserts: [
        { id: 'a', since: 1, endpoints: at('10.0.0.2') },
        { id: 'c', since: 3, endpoints: at('10.0.0.3') },
      ],
      removals: ['b'],
    },
  );
  assert.deepEqual(publication.all(), {
    upserts: [
      { id: 'a', since: 1, endpoints: at('10.0.0.2') },
      { id: 'c', since: 3, endpoints: at('10.0.0.3') },
    ],
    removals: [],
  });
});

test('a changed port is a change', () => {
  const publication = createPublication();
  publication.replace(new Map([['a', [{ address: '10.0.0.1', port: 80 }]]]));
  assert.equal(publication.replace(new Map([['a', [{ address: '10.0.0.1', port: 81 }]]])).upserts.length, 1);
});

test('an upstream is answered until it is removed, and not by an answer that went out before it came back', () => {
  const publication = createPublication();
  publication.replace(new Map([['a', at('10.0.0.1')]]));
  publication.markAnswered('a', 1);
  publication.replace(new Map([['a', at('10.0.0.2')]]));
  assert.equal(publication.isAnswered('a'), true);
  publication.replace(new Map());
  assert.equal(publication.isAnswered('a'), false);
  publication.replace(new Map([['a', at('10.0.0.2')]]));
  publication.markAnswered('a', 1);
  assert.equal(publication.isAnswered('a'), false);
  publication.markAnswered('a', 4);
  assert.equal(publication.isAnswered('a'), true);
});

test('a publication with something unusable in it changes nothing', () => {
  const publication = createPublication();
  publication.replace(new Map([['a', at('10.0.0.1')]]));
  assert.throws(
    () =>
      publication.replace(
        new Map([
          ['b', at('10.0.0.1')],
          ['c', at('x')],
        ]),
      ),
    TypeError,
  );
  assert.deepEqual(publication.all().upserts, [{ id: 'a', since: 1, endpoints: at('10.0.0.1') }]);
});

test('an update changes what is published, and neither adds nor removes an upstream', () => {
  const publication = createPublication();
  const both = new Map([
    ['a', at('10.0.0.1')],
    ['b', at('10.0.0.2')],
  ]);
  publication.replace(both);
  publication.markAnswered('a', 1);
  const update = new Map([
    ['a', at('10.0.0.9')],
    ['c', at('10.0.0.3')],
  ]);
  assert.deepEqual(publication.update(update), { upserts: [{ id: 'a', since: 1, endpoints: at('10.0.0.9') }], removals: [] });
  assert.deepEqual(publication.update(update), { upserts: [], removals: [] });
  assert.equal(publication.isAnswered('a'), true);
  assert.deepEqual(publication.all().upserts, [
    { id: 'a', since: 1, endpoints: at('10.0.0.9') },
    { id: 'b', since: 1, endpoints: at('10.0.0.2') },
  ]);
});
