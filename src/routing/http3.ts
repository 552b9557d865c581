import type { Config } from '../config/read.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { useHttp3 } from '../model/overrides.ts';
import type { RoutingOptions } from './options.ts';

/** Why HTTP/3 cannot be had at this moment, though it is asked for; `reason` goes on after "… has no effect: ". */
export interface Http3Obstacle {
  readonly code: 'ConfigMapUnsupported' | 'StreamPortTaken';
  readonly reason: string;
}

/** Whether the settings ask for HTTP/3. */
export function asksForHttp3({ contribution }: Pick<Config, 'contribution'>): boolean {
  return contribution.overrides.http3 !== undefined;
}

/** The settings without HTTP/3 where it cannot be had: a listener that NGINX cannot open would stop all of its configuration. */
export function withPossibleHttp3(config: Config, { configMap, http3Obstacle: obstacle }: RoutingOptions): Config {
  if (!obstacle || !configMap || !asksForHttp3(config)) return config;
  const { http3: _, ...overrides } = config.contribution.overrides;
  const message = `${useHttp3} has no effect: ${obstacle.reason}`;
  const complaint: Diagnostic = diagnostic(
    obstacle.code,
    { kind: 'ConfigMap', ...configMap },
    `data[${JSON.stringify(useHttp3)}]`,
    message,
  );
  return { ...config, contribution: { ...config.contribution, overrides }, diagnostics: [...config.diagnostics, complaint] };
}
