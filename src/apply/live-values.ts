import type { UpstreamId } from '../model/routing.ts';
import type { Endpoint, Runtime } from '../model/runtime.ts';
import type { Certificates } from './certificates.ts';
import type { LiveFiles } from './live-files.ts';
import type { Published } from './plan.ts';

/** Tells NGINX the endpoints while it runs; the DNS server does. */
export interface EndpointPublisher {
  /** Takes the endpoints of all upstreams; gives back how many upstreams have changed. */
  publish(endpoints: ReadonlyMap<UpstreamId, readonly Endpoint[]>): number;
  /** Takes the endpoints of some upstreams that are published already; the next `publish` counts what that has changed. */
  refresh(endpoints: ReadonlyMap<UpstreamId, readonly Endpoint[]>): void;
  /** Resolves when NGINX has been told about all of these, or with those that it has not asked for within the limit. */
  whenAnswered(ids: readonly UpstreamId[], timeoutMs: number): Promise<readonly UpstreamId[]>;
}

/** Where values go. */
export interface ValueStores {
  readonly endpoints: EndpointPublisher;
  readonly certificates: Certificates;
  readonly files: LiveFiles;
}

/** The values of one moment. */
export interface Values extends Pick<Runtime, 'certificates' | 'files'> {
  /** `Runtime.endpoints` with external names resolved. */
  readonly endpoints: ReadonlyMap<UpstreamId, readonly Endpoint[]>;
}

/** Everything that NGINX asks for while it runs. Calls may overlap: what is called later is what counts. */
export interface LiveValues {
  /** Takes all values; gives back how many are new since the call before, those of `refresh` among them. Disk errors are thrown. */
  publish(values: Values): Promise<Published>;
  /** Takes values of what is published already: any endpoints and files, and all certificates or none. Disk errors are thrown. */
  refresh(values: Values): Promise<void>;
  /** Removes the files of what is not named any more. */
  prune(named: Pick<Values, 'certificates' | 'files'>): Promise<void>;
}

/** Puts the three stores together. */
export function createLiveValues({ endpoints, certificates, files }: ValueStores): LiveValues {
  const inTurn = createTurns();
  const refreshed = { certificates: 0, files: 0 };
  async function write(values: Values): Promise<void> {
    if (values.certificates.size > 0) refreshed.certificates += await certificates.publish(values.certificates);
    refreshed.files += await files.publish(values.files);
  }
  return {
    publish(values) {
      const changed = endpoints.publish(values.endpoints);
      return inTurn(async () => {
        const counts = {
          certificates: refreshed.certificates + (await certificates.publish(values.certificates)),
          files: refreshed.files + (await files.publish(values.files)),
        };
        Object.assign(refreshed, { certificates: 0, files: 0 });
        return { endpoints: changed, ...counts };
      });
    },
    refresh(values) {
      endpoints.refresh(values.endpoints);
      return inTurn(() => write(values));
    },
    prune: (named) =>
      inTurn(async () => {
        await certificates.prune(named.certificates);
        await files.prune(named.files);
      }),
  };
}

/** Runs one piece of work after the other, in the order in which they were asked for; two writers of one file would leave either content. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result;
    return result;
  };
}
