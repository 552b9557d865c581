import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { View } from './view.ts';

/** Compiles the templates in `templates/` once; a name that the view lacks throws. */
export function compileTemplates(): (view: View) => string {
  const handlebars = Handlebars.create();
  for (const partial of ['maps', 'upstream', 'server', 'location', 'stream', 'stream-upstream'])
    handlebars.registerPartial(partial, compile(handlebars, partial));
  return compile(handlebars, 'nginx.conf');
}

function compile(handlebars: typeof Handlebars, name: string): Handlebars.TemplateDelegate {
  const text = readFileSync(new URL(`../../templates/${name}.hbs`, import.meta.url), 'utf8');
  return handlebars.compile(text, { noEscape: true, strict: true, knownHelpersOnly: true, data: false });
}
