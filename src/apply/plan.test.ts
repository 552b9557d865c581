import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planChange } from './plan.ts';

const none = { endpoints: 0, certificates: 0, files: 0 };

function generation(hash: string, text: string, more: Record<string, string> = {}) {
  return { generation: hash, files: new Map(Object.entries({ 'nginx.conf': text, ...more })), upstreams: [] };
}

function reason(before: string, after: string): string {
  const plan = planChange(generation('a1', before), generation('b2', after), none);
  return plan.kind === 'reload' ? plan.reason : plan.kind;
}

const server = (host: string, ...lines: string[]) => `server {\n  server_name ${host};\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;

test('the same generation needs NGINX for nothing', () => {
  const live = generation('a1', 'x');
  assert.deepEqual(planChange(live, live, none), { kind: 'nothing' });
  assert.deepEqual(planChange(live, live, { endpoints: 1, certificates: 0, files: 0 }), { kind: 'live' });
  assert.deepEqual(planChange(live, live, { endpoints: 0, certificates: 2, files: 0 }), { kind: 'live' });
});

test('the first generation says so', () => {
  assert.deepEqual(planChange(undefined, generation('a1', 'x'), none), { kind: 'reload', cause: 'first', reason: 'first generation' });
});

test('a generation that was taken over and is not on disk is named', () => {
  assert.deepEqual(planChange({ generation: 'a1' }, generation('b2', 'x'), none), {
    kind: 'reload',
    cause: 'takeover',
    reason: 'NGINX ran generation a1, of which nothing else is known',
  });
});

test('what a reload is for is told by the greatest thing that changed', () => {
  const cause = (before: string, after: string) => {
    const plan = planChange(generation('a1', before), generation('b2', after), none);
    return plan.kind === 'reload' ? plan.cause : plan.kind;
  };
  assert.equal(cause('', `upstream u1 {\n}\n${server('a.com')}`), 'hosts');
  assert.equal(cause('upstream u1 {\n}\n', 'upstream u2 {\n}\n'), 'upstreams');
  assert.equal(cause('x hosts 1;\n', 'x upstreams 2;\n'), 'other');
  assert.equal(cause('# one\n', '# two\n'), 'other');
});

test('one host that was added is named, with the count of lines', () => {
  const before = `# generation a1\n${server('a.com')}`;
  const after = `# generation b2\n${server('a.com')}${server('b.com')}`;
  assert.equal(reason(before, after), 'host b.com added, 3 lines added');
});

test('several hosts and upstreams are counted', () => {
  const before = server('a.com') + server('b.com');
  const after = `upstream u1 {\n}\n${server('c.com')}${server('d.com')}`;
  assert.equal(reason(before, after), '2 hosts added, 2 hosts removed, 1 upstream added, 4 lines added, 2 lines removed');
});

test('a host that is written differently is not a new host', () => {
  assert.equal(reason(server('a.com', 'return 404;'), server('a.com', 'return 503;')), '1 line added, 1 line removed');
  assert.equal(reason(server('a.com b.com'), server('b.com c.com')), 'host c.com added, host a.com removed, 1 line added, 1 line removed');
});

test('a name that is an expression is only counted', () => {
  assert.equal(reason('', server('"~^[^.]+\\.foo\\.com$"')), '1 host added, 3 lines added');
});

test('changed comments, changed order, and a changed second file are told as that', () => {
  assert.equal(reason('# one\nx;\n', '# two\nx;\n'), 'only comments changed');
  assert.equal(reason('x;\ny;\n', 'y;\nx;\n'), 'only the order of lines changed');
  const plan = planChange(generation('a1', 'x', { 'hosts.map': 'a 1;\n' }), generation('b2', 'x', { 'hosts.map': 'a 1;\nb 1;\n' }), none);
  assert.deepEqual(plan, { kind: 'reload', cause: 'other', reason: '1 line added' });
});

test('equal beginnings and ends that overlap do not hide a change', () => {
  assert.equal(reason('a;\na;\n', 'a;\na;\na;\n'), '1 line added');
  assert.equal(reason('a;\na;\na;\n', 'a;\n'), '2 lines removed');
  assert.equal(reason('', 'a;\n'), '1 line added');
  assert.equal(reason('ab;\n', 'b;\n'), '1 line added, 1 line removed');
  assert.equal(reason('xa;\n', 'a;\nxa;\n'), '1 line added');
});
