import { allocatorSettings } from './nginx-allocator.ts';
import { type NginxComplaint, parseNginxLine, worstComplaint } from './nginx-log.ts';
import { type ProgramEnd, runProgram } from './program.ts';

/** What `nginx -t` said. `file` and `line` are there when NGINX names a place. */
export type TestResult = { readonly ok: true } | ({ readonly ok: false } & NginxComplaint);

export interface NginxVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** As NGINX prints it, such as `nginx/1.30.6`. */
  readonly text: string;
}

/** The runs of the NGINX program that end by themselves. */
export interface NginxCommand {
  /** Throws when the program cannot be run or does not print a version. */
  version(): Promise<NginxVersion>;
  /** Where the modules of a package lie, as it was built. */
  modulesPath(): Promise<string | undefined>;
  /** Whether it was built with the module for HTTP/3. */
  hasHttp3(): Promise<boolean>;
  /** Parses a configuration without touching the NGINX that runs. Rejects when the program cannot be started: that says nothing about the configuration. */
  test(configPath: string): Promise<TestResult>;
}

const shortLimitMs = 10_000;
const testLimitMs = 60_000;

/** Makes the commands for one program. */
export function createNginxCommand(program: string): NginxCommand {
  async function run(args: readonly string[], limitMs: number) {
    // Standard output is thrown away: a test opens the logs, and NGINX cannot open the socket that Node would make of it.
    const end = await runProgram({ path: program, args, limitMs, environment: allocatorSettings });
    const complaint = end.isLate ? undefined : worstComplaint(end.stderr.split('\n').map(parseNginxLine));
    return { ok: end.code === 0, stderr: end.stderr, complaint: complaint ?? { message: withoutWord(end, limitMs) } };
  }

  let described: ReturnType<typeof run> | undefined;
  /** What the program says of itself is asked for once. */
  function describe() {
    described ??= run(['-V'], shortLimitMs).catch((error: Error) => {
      described = undefined;
      throw error;
    });
    return described;
  }

  return {
    async version() {
      const failed = (why: string) => new Error(`${program} does not print a version of NGINX: ${why}`);
      const { ok, stderr, complaint } = await describe().catch((error: Error) => Promise.reject(failed(error.message)));
      const [text, major, minor, patch] = /nginx\/(\d+)\.(\d+)\.(\d+)\S*/.exec(stderr) ?? [];
      if (!ok || text === undefined) throw failed(complaint.message);
      return { major: Number(major), minor: Number(minor), patch: Number(patch), text };
    },
    async modulesPath() {
      const { stderr } = await describe();
      return /--modules-path=(\S+)/.exec(stderr)?.[1];
    },
    async hasHttp3() {
      const { stderr } = await describe();
      return /--with-http_v3_module(?:\s|$)/.test(stderr);
    },
    async test(configPath) {
      const { ok, complaint } = await run(['-t', '-q', '-e', 'stderr', '-c', configPath], testLimitMs);
      return ok ? { ok: true } : { ok: false, ...complaint };
    },
  };
}

function withoutWord({ code, signal, isLate }: ProgramEnd, limitMs: number): string {
  if (isLate) return `NGINX did not end within ${limitMs / 1000} s`;
  return `NGINX failed without a word (${signal ?? `exit code ${code}`})`;
}
