import type { EndpointNameForm } from '../model/settings.ts';

export interface EndpointNamingOptions {
  /** Another batch is due, with the names that are right by then. */
  readonly onChange: () => void;
  /** The clock was set back by so many seconds. */
  readonly onClockSetBack: (seconds: number) => void;
  /** For tests: milliseconds that somebody may set, and milliseconds that only go forward. */
  readonly clocks?: { readonly wall: () => number; readonly steady: () => number };
  /** For tests: calls back after so many milliseconds, or every time they have passed; returns what ends that. */
  readonly later?: (milliseconds: number, call: () => void) => () => void;
  readonly every?: (milliseconds: number, call: () => void) => () => void;
}

/** Decides under which names NGINX asks for endpoints. */
export interface EndpointNaming {
  readonly form: EndpointNameForm;
  /** NGINX runs a configuration with this form. */
  applied(form: EndpointNameForm): void;
  close(): void;
}

const lookMs = 1000;
/** Less than this is over before it could be helped. */
const leastMs = 5000;
/** NGINX asks for a name that it has not met within a second of its start. */
const askedMs = 3000;
const steps: readonly EndpointNameForm[] = ['both', 'other', 'both', 'usual'];

/**
 * NGINX takes down until which time of day an answer holds, in its cache (ngx_resolver.c) and with the endpoints, which it hands on from worker to
 * worker (ngx_http_upstream_zone_module.c). When the clock is set back it asks for nothing until that time has come again. A name that it has not
 * met it asks for at once; so each upstream gets a second name beside the first, then loses the first, and the same once more, back to the usual
 * one. At no moment is an upstream without endpoints.
 */
export function createEndpointNaming(options: EndpointNamingOptions): EndpointNaming {
  const { onChange, later = startTimer, every = startInterval } = options;
  let queue: readonly EndpointNameForm[] = [];
  let form: EndpointNameForm = 'usual';
  let endWait: (() => void) | undefined;

  function next(): void {
    endWait = undefined;
    const [first, ...rest] = queue;
    if (first === undefined) return;
    queue = rest;
    form = first;
    onChange();
  }
  const endWatch = watchClock(every, options.clocks, (seconds) => {
    options.onClockSetBack(seconds);
    const isIdle = queue.length === 0 && form === 'usual' && endWait === undefined;
    queue = [...queue, ...steps];
    if (isIdle) next();
  });

  return {
    get form() {
      return form;
    },
    applied(done) {
      if (done === form && queue.length > 0 && endWait === undefined) endWait = later(askedMs, next);
    },
    close() {
      endWatch();
      endWait?.();
    },
  };
}

type Clocks = NonNullable<EndpointNamingOptions['clocks']>;

/** Tells by how many seconds the clock was set back, as soon as that is seen. Returns what ends the watch. */
function watchClock(
  every: NonNullable<EndpointNamingOptions['every']>,
  { wall, steady }: Clocks = { wall: Date.now, steady: performance.now.bind(performance) },
  onBack: (seconds: number) => void,
): () => void {
  let before = wall() - steady();
  return every(lookMs, () => {
    const now = wall() - steady();
    const back = before - now;
    before = now;
    if (back >= leastMs) onBack(Math.round(back / 1000));
  });
}

function startTimer(milliseconds: number, call: () => void): () => void {
  const timer = setTimeout(call, milliseconds).unref();
  return () => clearTimeout(timer);
}

function startInterval(milliseconds: number, call: () => void): () => void {
  const timer = setInterval(call, milliseconds).unref();
  return () => clearInterval(timer);
}
