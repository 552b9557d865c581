import type { TestContext } from 'node:test';
import { type Load, type LoadOptions, type LoadReport, loadText, startLoad } from './load.ts';
import type { Address } from './release.ts';
import { type Account, type Answer, accountOf, ask, type Request } from './requests.ts';
import { eventually } from './waiting.ts';

/** Asks until a backend answers, and gives back its account. */
export function served(at: Address, url: string, limitMs = 15_000): Promise<Account> {
  return eventually(async () => accountOf(await ask({ ...at, url })), limitMs);
}

/** Asks until the answer has a status. */
export function answered(at: Address, url: string, status: number, limitMs = 15_000): Promise<Answer> {
  return eventually(async () => {
    const answer = await ask({ ...at, url });
    if (answer.status !== status) throw new Error(`${url} is answered with ${answer.status}, not ${status}`);
    return answer;
  }, limitMs);
}

/** The Pods that answer so many requests, each over a connection of its own. */
export async function podsBehind(request: Request, count: number): Promise<readonly string[]> {
  const answers = await Promise.all(Array.from({ length: count }, async () => accountOf(await ask(request))));
  return [...new Set(answers.map((one) => one.pod))].sort();
}

/** Runs something under a steady load, and says what became of the load. The load is stopped in any case. */
export async function underLoad(t: TestContext, options: LoadOptions, act: () => Promise<void>) {
  const load: Load = startLoad(options);
  let error: unknown;
  await act().catch((reason: unknown) => {
    error = reason;
  });
  const report = await load.stop();
  t.diagnostic(loadText(report));
  if (error !== undefined) throw error;
  return report;
}

/** The seconds from the first failure to the last one. */
export function spanOf({ failures }: LoadReport): number {
  const times = failures.map(({ at }) => at);
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
}
