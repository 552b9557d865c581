import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';

/** Who may import whom: folder (or file at the top of `src`) → folders. `main.ts` may import everything. */
const mayImport: Record<string, readonly string[]> = {
  model: ['model'],
  annotations: ['annotations', 'model'],
  config: ['config', 'annotations', 'model'],
  routing: ['routing', 'annotations', 'config', 'model'],
  render: ['render', 'model'],
  sources: ['sources', 'model'],
  apply: ['apply', 'model'],
  report: ['report', 'model'],
  commands: [
    'commands',
    'model',
    'sources',
    'routing',
    'annotations',
    'config',
    'render',
    'apply',
    'report',
    'loop.ts',
    'reconcile.ts',
    'memory.ts',
    'flags',
  ],
  'loop.ts': ['fast-lane.ts', 'model'],
  'memory.ts': [],
  'uncaught.ts': [],
  'fast-lane.ts': ['model'],
  'reconcile.ts': ['refresh.ts', 'model'],
  'refresh.ts': ['model'],
  'options.ts': ['flags', 'model'],
  flags: ['flags', 'model'],
};

/** Packages that only these places may import. */
const doors: Record<string, readonly string[]> = {
  '@kubernetes/client-node': ['sources', 'report'],
  chokidar: ['sources'],
  'js-yaml': ['sources'],
  handlebars: ['render'],
  '@peculiar/x509': ['apply'],
  'reflect-metadata': ['apply'],
  pino: ['report'],
  'prom-client': ['report'],
  'ipaddr.js': ['routing', 'annotations', 'config', 'sources', 'apply'],
  commander: ['options.ts', 'flags'],
};

/** Node's own modules that compute and touch nothing outside; the pure folders may use only these. */
const pureNodeModules = new Set(['node:crypto', 'node:net', 'node:tls', 'node:url', 'node:util']);
const pureFolders = new Set(['model', 'annotations', 'config', 'routing']);
/** The one pure place that reads its own templates. */
const readsTemplates = 'render/templates.ts';
/** The one pure place that finds out which files of definitions there are. */
const readsDefinitions = 'annotations/load.ts';

const source = import.meta.dirname;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly place: string;
  readonly isTest: boolean;
}

const files: readonly SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => ({
    path,
    text: readFileSync(join(source, path), 'utf8'),
    place: path.split('/')[0] ?? path,
    isTest: /(?:\.test|-testbed)\.ts$/.test(path),
  }));

function importsOf(file: SourceFile): readonly string[] {
  return [...file.text.matchAll(/^(?:import|export)\s(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
}

function placeOfImport(file: SourceFile, specifier: string): string {
  const target = relative(source, join(source, file.path, '..', specifier));
  return target.split('/')[0] ?? target;
}

for (const file of files) {
  if (!file.isTest && file.path !== 'main.ts') {
    test(`${file.path} imports only what its folder may import`, () => {
      const allowed = mayImport[file.place];
      assert.ok(allowed, `src/${file.place} has no row in the table of who may import whom`);
      const wrong = importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !allowed.includes(placeOfImport(file, specifier)));
      assert.deepEqual(wrong, []);
    });

    test(`${file.path} imports only packages that its folder may use`, () => {
      const wrong = importsOf(file)
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .filter((specifier) => !(doors[specifier] ?? []).includes(file.place));
      assert.deepEqual(wrong, []);
    });
  }

  if (pureFolders.has(file.place) && !file.isTest && file.path !== readsDefinitions) {
    test(`${file.path} is pure: no input, no output, no clock`, () => {
      assert.deepEqual(
        importsOf(file).filter((specifier) => specifier.startsWith('node:') && !pureNodeModules.has(specifier)),
        [],
      );
      assert.doesNotMatch(file.text, /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\./);
    });
  }

  if (file.place === 'render' && !file.isTest && file.path !== readsTemplates) {
    test(`${file.path} is pure: no input, no output, no clock`, () => {
      assert.deepEqual(
        importsOf(file).filter((specifier) => specifier.startsWith('node:') && !pureNodeModules.has(specifier)),
        [],
      );
    });
  }

  if (!file.isTest && file.path !== 'options.ts') {
    test(`${file.path} does not read the environment or the arguments`, () => {
      assert.doesNotMatch(file.text, /\bprocess\.(env|argv)\b/);
    });
  }

  if (!file.isTest) {
    test(`${file.path} is at most 250 lines long`, () => {
      assert.ok(file.text.split('\n').length <= 251, `${file.text.split('\n').length} lines`);
    });

    test(`${file.path} has no function over 40 lines`, () => {
      assert.deepEqual(longFunctions(file.text), []);
    });
  }
}

/** Functions at the outermost level or one level below it, by their indentation, which the formatter keeps. */
function longFunctions(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const head = /^( *)(?:export )?(?:async )?(?:function\*? (\w+)|const (\w+) = (?:async )?\(.*=> \{$)/.exec(line);
    if (!head) return [];
    const indent = head[1] ?? '';
    const end = lines.findIndex((other, index) => index > start && new RegExp(`^${indent}\\}`).test(other));
    const length = end - start + 1;
    return length > 40 ? [`${head[2] ?? head[3]}: ${length} lines`] : [];
  });
}
