import { hash } from 'node:crypto';
import type { Rendered } from '../model/rendered.ts';
import type { Topology, Upstream } from '../model/routing.ts';
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
      upstreams: printedUpstreams(topology).map((upstream) => upstream.id),
    };
  };
}

/** Without a port to pass on there is no block that could hold its upstreams. */
function printedUpstreams({ upstreams, streams, streamUpstreams = [] }: Topology): readonly Upstream[] {
  return streams.length === 0 ? upstreams : [...upstreams, ...streamUpstreams];
}
