import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Case, readCases } from './kit/cases.ts';
import { exchange } from './kit/exchange.ts';
import { missingOnThisMachine, whyNotServed } from './kit/machine.ts';
import type { RequestLine, Requests } from './kit/requests.ts';
import { type Served, serveCase } from './kit/served.ts';

const skip = whyNotServed() ?? false;

describe('a real NGINX answers the requests of a case', { skip }, () => {
  for (const one of readCases())
    if (one.requests) test(one.title, { timeout: 30_000, skip: missingOnThisMachine(one) }, () => runCase(one));
});

async function runCase(one: Case): Promise<void> {
  const served = await serveCase(one);
  try {
    const complaints = await askAll(one.requests?.lines ?? [], served);
    if (one.requests) complaints.push(...(await wrongInLogs(one.requests, served)));
    if (one.later) complaints.push(...(await askLater(one.later, served)));
    assert.ok(complaints.length === 0, `${complaints.join('\n')}\n\n${logText(served)}`);
  } finally {
    await served.stop();
  }
}

async function askAll(lines: readonly RequestLine[], { ports, backends }: Served, limitMs = 0): Promise<string[]> {
  const complaints: string[] = [];
  for (const line of lines) {
    const found = await askUntilRight(() => exchange(line, ports, backends), limitMs);
    complaints.push(...found.map((one) => `line ${line.line}: ${line.text}: ${one}`));
  }
  return complaints;
}

/** NGINX asks for endpoints, and looks at certificates, once a second. */
const liveWithinMs = 3_000;

async function askLater({ manifest, requests }: NonNullable<Case['later']>, served: Served): Promise<string[]> {
  const before = served.reloads();
  await served.save('in.yaml', manifest);
  const complaints = await askAll(requests.lines, served, liveWithinMs);
  complaints.push(...(await wrongInLogs(requests, served)));
  const reloads = served.reloads() - before;
  if (requests.reloads !== undefined && requests.reloads !== reloads) complaints.push(`reloads: ${reloads}, not ${requests.reloads}`);
  return complaints;
}

async function askUntilRight(ask: () => Promise<readonly string[]>, limitMs: number): Promise<readonly string[]> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const complaints = await ask();
    if (complaints.length === 0 || performance.now() > deadline) return complaints;
    await pause(50);
  }
}

/** NGINX writes its line after the client has its answer, so what is missing may still come. */
async function wrongInLogs({ log, access, noAccess }: Requests, served: Served): Promise<readonly string[]> {
  const has = (lines: readonly string[]) => (text: string) => lines.some((line) => line.includes(text));
  const missing = async () => {
    const requests = await served.accessLog();
    return [...log.filter((text) => !has(served.log.map(({ msg }) => msg))(text)), ...access.filter((text) => !has(requests)(text))];
  };
  const absent = (await askUntilRight(missing, liveWithinMs)).map((text) => `no log says: ${text}`);
  const requests = await served.accessLog();
  return [...absent, ...noAccess.filter(has(requests)).map((text) => `the access log says: ${text}`)];
}

function logText({ log }: Served): string {
  return log
    .filter(({ level }) => level > 20)
    .map(({ msg }) => msg)
    .join('\n');
}
