import { Counter, Gauge, type Registry } from 'prom-client';
import type { NginxStatus } from '../model/nginx-status.ts';
import type { ProcessUsage } from './process-metrics.ts';

export interface NginxMetricsOptions {
  readonly register: Registry;
  /** Undefined while NGINX does not run. */
  readonly usage: () => Promise<ProcessUsage | undefined>;
  /** Absent when the configuration has no place that tells it. */
  readonly status?: () => Promise<NginxStatus | undefined>;
}

const prefix = 'nginx_ingress_controller_nginx_process_';

/**
 * Adds ingress-nginx's figures about the processes of NGINX, and gives back what brings them up to date. What cannot be read is
 * left out of the page.
 */
export function addNginxMetrics({ register, usage, status }: NginxMetricsOptions): () => Promise<void> {
  const setUsage = addProcessMetrics(register);
  const setStatus = status && addConnectionMetrics(register);
  return async () => {
    setUsage(await usage());
    if (status) setStatus?.(await status());
  };
}

function addProcessMetrics(register: Registry): (now: ProcessUsage | undefined) => void {
  const registers = [register];
  const gauge = (name: string, help: string) => new Gauge({ name: prefix + name, help, registers });
  const counter = (name: string, help: string) => new Counter({ name: prefix + name, help, registers });
  const processes = gauge('num_procs', 'Processes of NGINX');
  const cpu = counter('cpu_seconds_total', 'CPU seconds that NGINX has used');
  const read = counter('read_bytes_total', 'Bytes that NGINX has read');
  const written = counter('write_bytes_total', 'Bytes that NGINX has written');
  const resident = gauge('resident_memory_bytes', 'Memory of NGINX that is in use');
  const virtual = gauge('virtual_memory_bytes', 'Address space of NGINX');
  const oldest = gauge('oldest_start_time_seconds', 'When the oldest process of NGINX started, in seconds since 1970');
  return (now) => {
    for (const metric of [cpu, read, written, resident, virtual, oldest]) metric.remove();
    processes.set(now?.processes ?? 0);
    if (!now) return;
    for (const counter of [cpu, read, written]) counter.reset();
    cpu.inc(now.cpuSeconds);
    read.inc(now.readBytes);
    written.inc(now.writtenBytes);
    resident.set(now.residentBytes);
    virtual.set(now.virtualBytes);
    oldest.set(now.oldestStart);
  };
}

function addConnectionMetrics(register: Registry): (now: NginxStatus | undefined) => void {
  const registers = [register];
  const labelNames = ['state'];
  const current = new Gauge({ name: `${prefix}connections`, help: 'Connections at the moment', labelNames, registers });
  const total = new Counter({ name: `${prefix}connections_total`, help: 'Connections so far', labelNames, registers });
  const requests = new Counter({ name: `${prefix}requests_total`, help: 'Requests so far', registers });
  return (now) => {
    for (const metric of [current, total, requests]) metric.reset();
    if (!now) return requests.remove();
    for (const state of ['active', 'reading', 'writing', 'waiting'] as const) current.set({ state }, now[state]);
    for (const state of ['accepted', 'handled'] as const) total.inc({ state }, now[state]);
    requests.inc(now.requests);
  };
}
