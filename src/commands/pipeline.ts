import { createIdleMemory } from '../memory.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { refText } from '../model/objects.ts';
import type { Reconciled } from '../model/reconciled.ts';
import type { Rendered } from '../model/rendered.ts';
import type { Topology, UpstreamId } from '../model/routing.ts';
import type { EndpointNameForm } from '../model/settings.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { createReconcile, type Reconcile } from '../reconcile.ts';
import { originAt } from '../render/origin.ts';
import { createRender } from '../render/render.ts';
import { bridgeTopology } from '../routing/bridge.ts';
import { buildRouting } from '../routing/build.ts';
import type { RoutingOptions } from '../routing/options.ts';
import type { DataPlane } from './data-plane.ts';
import { withStreamFacts } from './streams.ts';

/** The path from facts to a running NGINX, the same for a folder and for a cluster. */
export function createPipeline(data: DataPlane, routing: RoutingOptions, report: (result: Reconciled) => Promise<void>): Reconcile {
  const printer = createPrinter(data);
  const reconcile = withStreamFacts(data.streams, { ...routing, canTrace: data.canTrace }, (options) =>
    createReconcile({
      build: (snapshot) => buildRouting(snapshot, options()),
      render: printer.render,
      apply: async (input) => data.apply.apply({ ...input, endpoints: await data.liveEndpoints.resolve(input.runtime.endpoints) }),
      bridge: bridgeTopology,
      accepts: async (rendered) => (await data.apply.test(rendered)).ok,
      originAt,
      report: async (result) => {
        if (result.outcome.kind !== 'rejected') data.naming.applied(printer.form);
        await report(result);
      },
      publish: (values) => data.apply.refresh({ ...values, endpoints: data.liveEndpoints.current(values.endpoints) }),
    }),
  );
  const memory = createIdleMemory();
  const batch = (snapshot: Snapshot) => memory.during(() => reconcile(snapshot));
  return Object.assign(batch, { refresh: (snapshot: Snapshot) => memory.during(() => reconcile.refresh(snapshot)) });
}

/** Prints with the names of endpoints that are right by then. */
function createPrinter({ settings, naming }: Pick<DataPlane, 'settings' | 'naming'>) {
  const make = (endpointNames: EndpointNameForm) => createRender({ ...settings, endpointNames });
  let form = naming.form;
  // Templates that cannot be read are a mistake of the installation, and no Ingress's.
  const renders = new Map([[form, make(form)]]);
  return {
    /** Of what was printed last. */
    get form() {
      return form;
    },
    render(topology: Topology): Rendered {
      form = naming.form;
      const render = renders.get(form) ?? make(form);
      renders.set(form, render);
      return render(topology);
    },
  };
}

/** What is wrong with the names of ExternalName Services shows only while they are resolved. */
export function externalProblems(data: DataPlane, { built }: Reconciled): readonly Diagnostic[] {
  return [...data.externalNames.problems()].flatMap(([id, message]) => {
    const { upstreams, streamUpstreams = [] } = built.topology;
    const upstream = [...upstreams, ...streamUpstreams].find((one) => one.id === id);
    if (!upstream) return [];
    if (upstream.service.kind === 'Host') return hostProblems(built.topology, id, message);
    return [{ severity: 'error', code: 'ExternalNameUnusable', object: upstream.service, field: 'spec.externalName', message }] as const;
  });
}

/** A host that a URL names is no object; who asks there is told. NGINX answers 500 where an auth service cannot be asked. */
function hostProblems({ servers }: Topology, id: UpstreamId, message: string): readonly Diagnostic[] {
  const sides = servers.flatMap((server) => server.sides ?? []);
  const asking = sides.filter(({ target }) => target.kind === 'question' && target.upstream === id);
  const origins = new Map(asking.flatMap(({ origin }) => (origin ? [[refText(origin.object), origin] as const] : [])));
  const text = message.replace('externalName', 'the host').replace('requests are answered with 503', 'requests are answered with 500');
  return [...origins.values()].map(({ object, field }) => diagnostic('ExternalNameUnusable', object, field, text));
}
