import { setTimeout as sleep } from 'node:timers/promises';
import type { WithdrawOptions } from '../flags/withdraw.ts';
import { type Api, apiMessage, fieldsOf } from '../model/api.ts';
import type { Timing } from '../model/timing.ts';
import { takeLease } from '../report/leader-takeover.ts';
import { createLog, type Log } from '../report/log.ts';
import { fieldManagerOf } from '../report/status-manager.ts';
import { withdrawStatus } from '../report/status-withdrawal.ts';
import { realTiming } from '../sources/kube-timing.ts';
import { createKubeClient } from './kube-client.ts';
import { namespaceSelector } from './watched.ts';

/** What the command needs of its process. */
export interface WithdrawContext {
  readonly api: Api;
  readonly log: Log;
  readonly timing: Timing;
}

/** Long enough for an uninstall to end the replicas after the command has ended. */
const silenceMs = 60_000;
const rounds = 5;
const pauseMs = 1_000;
const never = new AbortController().signal;

/** Runs the command against the cluster of the options. */
export async function startWithdrawal(
  options: WithdrawOptions,
  { version, write }: { readonly version: string; readonly write: (line: string) => void },
): Promise<number> {
  const api = createKubeClient(options, version, 'withdraw');
  // Nothing else keeps the process alive while it waits.
  const timing = { ...realTiming, wait: (milliseconds: number) => sleep(milliseconds) };
  try {
    return await withdrawCommand(options, { api, log: createLog({ format: options.logFormat, level: 'info', write }), timing });
  } finally {
    api.close();
  }
}

/**
 * `gatehouse withdraw`: takes the Lease, so that no replica writes, and the addresses out of the status of all Ingresses that carry them from us. For
 * the moment before an uninstall, which takes the rights of the replicas away at once. Gives back the exit code.
 */
export async function withdrawCommand(options: WithdrawOptions, { api, log, timing }: WithdrawContext): Promise<number> {
  const { namespace, electionId, controllerClass, watchNamespace } = options;
  const isOurs = await scopeOf(options, api);
  await takeLease({
    api,
    lease: { namespace, name: electionId },
    identity: 'gatehouse-withdraw',
    ttlMs: silenceMs,
    timing,
    signal: never,
  });
  const what = {
    api,
    fieldManager: fieldManagerOf(controllerClass),
    ...(watchNamespace === undefined ? {} : { namespace: watchNamespace }),
    ...(isOurs ? { isOurs } : {}),
  };
  // A replica that has not noticed yet may write once more.
  for (let round = 0; round < rounds; round += 1) {
    const { withdrawn, troubles } = await withdrawStatus(what);
    for (const trouble of troubles) log.error(trouble);
    if (troubles.length > 0) return 1;
    if (withdrawn === 0) return 0;
    log.info({ ingresses: withdrawn }, 'addresses withdrawn');
    await timing.wait(pauseMs, never);
  }
  log.error('the addresses come back: a replica goes on writing');
  return 1;
}

/** Which namespaces are ours; undefined: all. */
async function scopeOf(options: WithdrawOptions, api: Api): Promise<((namespace: string) => boolean) | undefined> {
  const matches = namespaceSelector(options);
  if (!matches) return undefined;
  const answer = await api.request({ method: 'GET', path: '/api/v1/namespaces' });
  if (answer.status !== 200) throw new Error(`namespaces cannot be listed: ${apiMessage(answer)}`);
  const { items } = fieldsOf(answer.body);
  const names = (Array.isArray(items) ? items : []).flatMap((item) => {
    const { name, labels } = fieldsOf(fieldsOf(item)['metadata']);
    return typeof name === 'string' && matches(textsOf(labels)) ? [name] : [];
  });
  return (namespace) => names.includes(namespace);
}

function textsOf(labels: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fieldsOf(labels)).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
