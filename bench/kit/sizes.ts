import type { Measured } from '../scale.ts';
import type { Chart } from './plot.ts';
import { type Goal, milliseconds, type Row } from './report.ts';

/** One row for each figure, a column for each size. */
export function sizeRows(all: readonly Measured[]): readonly Row[] {
  const row = (name: string, text: (one: Measured) => string, goal?: (one: Measured) => Goal | undefined): Row => ({
    name,
    values: all.map(text),
    ...(goal && { goals: all.map(goal) }),
  });
  const below = (limit: number, text: string, pick: (one: Measured) => number) => (one: Measured) =>
    one.ingresses <= 5000 ? { text, isMet: pick(one) < limit } : undefined;
  const startGoal = (one: Measured): Goal | undefined =>
    one.ingresses === 5000 ? { text: '<= 750 ms after Node', isMet: one.coldStart - one.runtimeStart <= 750 } : undefined;
  const memoryGoal = (one: Measured, megabytes: number): Goal | undefined =>
    one.ingresses === 5000 ? { text: '<= 180 MiB', isMet: megabytes <= 180 } : undefined;
  const cold = (one: Measured) => one.buildCold + one.renderCold;
  return [
    row('cold start to answer', (one) => milliseconds(one.coldStart), startGoal),
    row('  of it the start of Node', (one) => milliseconds(one.runtimeStart)),
    row('read and decode, cold', (one) => milliseconds(one.read)),
    row('build, cold / warm', (one) => `${milliseconds(one.buildCold)} / ${milliseconds(one.buildWarm)}`),
    row('render, cold / warm', (one) => `${milliseconds(one.renderCold)} / ${milliseconds(one.renderWarm)}`),
    row('build and render, cold', (one) => milliseconds(cold(one)), below(500, '< 500 ms', cold)),
    row(
      'route saved to answer, median',
      (one) => milliseconds(one.routeChange),
      below(5000, '< 5 s', (one) => one.routeChange),
    ),
    row('  worst', (one) => milliseconds(one.routeChangeMax)),
    row('  reloads / changes', (one) => `${one.routeReloads} / ${one.changes}`),
    row('endpoint saved to answer, median', (one) => milliseconds(one.endpointChange)),
    row('  worst', (one) => milliseconds(one.endpointChangeMax)),
    row(
      '  reloads / changes',
      (one) => `${one.endpointReloads} / ${one.changes}`,
      (one) => ({ text: '0', isMet: one.endpointReloads === 0 }),
    ),
    row('reloads at the start', (one) => String(one.startReloads)),
    row('nginx -t', (one) => milliseconds(one.nginxTest)),
    row('nginx.conf', (one) => `${(one.configBytes / 1024 / 1024).toFixed(1)} MiB`),
    row('controller RSS at rest / peak', ({ memory: { idle } }) => `${idle.controller.rss} / ${idle.controller.peak} MiB`),
    row('NGINX PSS, master and 2 workers', ({ memory: { idle } }) => `${idle.nginx.pss} MiB`),
    row(
      'controller RSS and NGINX PSS',
      ({ memory }) => `${together(memory.idle)} MiB`,
      (one) => memoryGoal(one, together(one.memory.idle)),
    ),
    row('after the changes: controller RSS', ({ memory: { afterChanges } }) => `${afterChanges.controller.rss} MiB`),
    row('  NGINX PSS', ({ memory: { afterChanges } }) => `${afterChanges.nginx.pss} MiB`),
    row(
      '  together',
      ({ memory }) => `${together(memory.afterChanges)} MiB`,
      (one) => memoryGoal(one, together(one.memory.afterChanges)),
    ),
    row(
      'CPU of the controller at rest',
      (one) => percent(one.cpuAtRest.controller),
      (one) => (one.services === 1000 ? { text: '<= 2 %', isMet: one.cpuAtRest.controller <= 0.02 } : undefined),
    ),
    row('CPU of NGINX at rest', (one) => percent(one.cpuAtRest.nginx)),
  ];
}

/** Start and memory by size. */
export function sizeCharts(all: readonly Measured[]): readonly Chart[] {
  const label = ({ ingresses, services, layout }: Measured) => `${ingresses} Ingresses, ${services} Services, ${layout}`;
  return [
    {
      title: 'Cold start to the first answer',
      unit: 'seconds',
      scale: 'linear',
      bars: all.map((one) => ({ label: label(one), value: one.coldStart / 1000 })),
    },
    {
      title: 'Memory of the controller and of NGINX together',
      unit: 'MiB',
      scale: 'linear',
      bars: all.map((one) => ({
        label: label(one),
        value: together(one.memory.idle),
        ...(one.ingresses === 5000 && { goal: { value: 180 } }),
      })),
    },
  ];
}

/** MiB. */
function together({ controller, nginx }: Measured['memory']['idle']): number {
  return Math.round(controller.rss + nginx.pss);
}

/** Of one core. */
function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
