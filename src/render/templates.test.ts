import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import Handlebars from 'handlebars';
import { directive } from '../model/directive.ts';
import { base, location, passedOn, prefix, server, settings } from './topology-testbed.ts';
import { viewOf } from './view.ts';

const folder = new URL('../../templates/', import.meta.url);
const files = readdirSync(folder).sort();
const sources = new Map(files.map((file) => [file.replace(/\.hbs$/, ''), readFileSync(new URL(file, folder), 'utf8')]));
const plain = server({ kind: 'exact', host: 'plain.example.com' }, [location(prefix('/'), '2222222222')]);
const closed = {
  ...passedOn,
  http: [...passedOn.http, directive('otel_trace', 'on')],
  servers: [...passedOn.servers, plain],
  base: { ...base, overrides: { addresses: ['10.0.0.1'] } },
};
const view = viewOf(
  closed,
  { ...settings, user: 'nginx', statusPort: 8081, hostsApart: 1, streamModule: 'modules/ngx_stream_module.so' },
  '0'.repeat(16),
);

/** The view's own names that a template has asked for, such as `servers[].locations[].match`. */
const used = new Set<string>();

/** A place in the view: its name, and every value that stands there. */
interface Place {
  readonly name: string;
  readonly values: readonly unknown[];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function lookUp(place: Place, expression: hbs.AST.Expression, where: string): Place {
  assert.equal(expression.type, 'PathExpression', `${where}: only names may stand here`);
  const path = expression as hbs.AST.PathExpression;
  assert.deepEqual([path.depth, path.data], [0, false], `${where}: ${path.original} reaches out of its block`);
  let found = place;
  for (const part of path.parts) {
    assert.equal(typeof part, 'string');
    const key = String(part);
    for (const value of found.values) assert.ok(isRecord(value) && key in value, `${where}: ${found.name} has no ${key}`);
    found = {
      name: `${found.name}${found.name === '' ? '' : '.'}${key}`,
      values: found.values.map((value) => (isRecord(value) ? value[key] : undefined)),
    };
    used.add(found.name);
  }
  return found;
}

/** The one argument of a block, which has to be `each` or `if` without anything more. */
function checkBlock(block: hbs.AST.BlockStatement, place: Place, where: string): void {
  const helper = (block.path as hbs.AST.PathExpression).original;
  const [argument, ...more] = block.params;
  assert.ok(argument && more.length === 0 && block.hash === undefined, `${where}: ${helper} takes one argument`);
  assert.deepEqual([block.program.blockParams, block.inverse?.blockParams], [undefined, undefined], where);
  const found = lookUp(place, argument, where);
  if (helper === 'if') {
    checkProgram(block.program, place, where);
    if (block.inverse) checkProgram(block.inverse, place, where);
    return;
  }
  assert.equal(helper, 'each', `${where}: ${helper} is neither each nor if`);
  assert.equal(block.inverse, undefined, `${where}: each has no else`);
  const values = found.values.flatMap((value) => {
    if (value === undefined) return [];
    assert.ok(Array.isArray(value), `${where}: ${found.name} is no list`);
    return value;
  });
  assert.ok(values.length > 0, `${where}: the topology of this test has nothing in ${found.name}`);
  checkProgram(block.program, { name: `${found.name}[]`, values }, where);
}

function checkProgram(program: hbs.AST.Program, place: Place, where: string): void {
  for (const statement of program.body) checkStatement(statement, place, `${where}:${statement.loc.start.line}`);
}

function checkStatement(statement: hbs.AST.Statement, place: Place, where: string): void {
  if (statement.type === 'BlockStatement') checkBlock(statement as hbs.AST.BlockStatement, place, where);
  else if (statement.type === 'PartialStatement') checkPartial(statement as hbs.AST.PartialStatement, place, where);
  else if (statement.type === 'MustacheStatement') checkName(statement as hbs.AST.MustacheStatement, place, where);
  else assert.ok(['ContentStatement', 'CommentStatement'].includes(statement.type), `${where}: ${statement.type}`);
}

function checkPartial({ name, params, hash }: hbs.AST.PartialStatement, place: Place, where: string): void {
  assert.deepEqual([params, hash], [[], undefined], `${where}: a partial takes nothing`);
  checkTemplate((name as hbs.AST.PathExpression).original, place, where);
}

function checkName({ path, params, hash }: hbs.AST.MustacheStatement, place: Place, where: string): void {
  assert.deepEqual([params, hash], [[], undefined], `${where}: a name takes nothing`);
  const { name, values } = lookUp(place, path, where);
  // Under an `if` a place may also be empty.
  for (const value of values) assert.ok(['string', 'number', 'undefined'].includes(typeof value), `${where}: ${name} cannot be printed`);
}

function checkTemplate(name: string, place: Place, from: string): void {
  const text = sources.get(name);
  assert.ok(text !== undefined, `${from}: there is no template ${name}`);
  reached.add(name);
  checkProgram(Handlebars.parse(text), place, name);
}

const reached = new Set<string>();

test('templates only loop and print: each, if, partials, and names that the view has', () => {
  checkTemplate('nginx.conf', { name: '', values: [view] }, 'the renderer');
});

test('every template is printed from', () => {
  assert.deepEqual(
    [...sources.keys()].filter((name) => !reached.has(name)),
    [],
  );
});

/** All names of the view, the lists with `[]`. */
function namesOf(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((each) => namesOf(each, `${name}[]`)))];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = name === '' ? key : `${name}.${key}`;
    return [own, ...namesOf(inner, own)];
  });
}

test('every name of the view is printed somewhere', () => {
  assert.deepEqual(
    [...new Set(namesOf(view, ''))].filter((name) => !used.has(name)),
    [],
  );
});
