import { type Api, type ApiAnswer, apiMessage, fieldsOf } from '../model/api.ts';
import { createBackoff, type Timing } from '../model/timing.ts';

export interface ZoneOptions {
  readonly api: Api;
  /** The node that this process runs on. */
  readonly node: string;
  readonly timing: Timing;
  readonly onChange: () => void;
  /** Told when the zone cannot be found out. */
  readonly onTrouble: (message: string) => void;
}

/** The zone that this process runs in. */
export interface Zone {
  /** Undefined until it is known, and where the node has none. */
  readonly current: string | undefined;
  stop(): void;
}

/** The label of a node that names its zone (Kubernetes: "Well-Known Labels, Annotations and Taints"). */
const label = 'topology.kubernetes.io/zone';

/** Finds the zone out, and tries again while there is no answer. It does not change while the node exists. */
export function createZone(options: ZoneOptions): Zone {
  const stop = new AbortController();
  let current: string | undefined;
  const look = async (): Promise<void> => {
    const answer = await readNode(options, stop.signal);
    current = answer && zoneOf(answer);
    if (current !== undefined) options.onChange();
    else if (answer) options.onTrouble(`node ${options.node} has no label ${label}, so endpoints of all zones get traffic`);
  };
  void look();
  return {
    get current() {
      return current;
    },
    stop: () => stop.abort(),
  };
}

/** The node, however long it takes; undefined when stopped. */
async function readNode({ api, node, timing, onTrouble }: ZoneOptions, signal: AbortSignal): Promise<ApiAnswer | undefined> {
  const backoff = createBackoff(timing);
  let told = '';
  while (!signal.aborted) {
    const answer = await api.request({ method: 'GET', path: `/api/v1/nodes/${node}`, signal }).catch(() => undefined);
    if (answer?.status === 200) return answer;
    const trouble = answer ? apiMessage(answer) : '';
    if (trouble !== '' && trouble !== told) {
      onTrouble(`the zone of node ${node} cannot be read, so endpoints of all zones get traffic: ${trouble}`);
      told = trouble;
    }
    await timing.wait(backoff.next(), signal);
  }
  return undefined;
}

function zoneOf({ body }: ApiAnswer): string | undefined {
  const zone = fieldsOf(fieldsOf(fieldsOf(body)['metadata'])['labels'])[label];
  return typeof zone === 'string' && zone !== '' ? zone : undefined;
}
