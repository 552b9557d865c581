import { hash } from 'node:crypto';
import type { Rendered } from '../model/rendered.ts';
import type { Topology } from '../model/routing.ts';
import type { NginxSettings } from '../model/settings.ts';
import { compileTemplates } from './templates.ts';
import { viewOf } from './view.ts';

/** Stands in the text where the generation comes, until the text is hashed. No printed value can hold a control character. */
const unhashed = '\u0001';

/** Makes the function that prints a topology for one installation. The same topology gives the same bytes. */
export function createRender(settings: NginxSettings): (topology: Topology) => Rendered {
  const print = compileTemplates();
  return (topology) => {
    const text = print(viewOf(topology, settings, unhashed));
    const generation = hash('sha256', text).slice(0, 16);
    return {
      generation,
      files: new Map([['nginx.conf', text.replaceAll(unhashed, generation)]]),
      upstreams: [...topology.upstreams, ...(topology.streamUpstreams ?? [])].map((upstream) => upstream.id),
    };
  };
}
