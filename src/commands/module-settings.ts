import type { NginxModule } from '../apply/nginx-modules.ts';
import type { NginxSettings } from '../model/settings.ts';

/** What was found of the modules that not every NGINX has. */
export interface FoundModules {
  readonly stream?: NginxModule;
  readonly otel?: NginxModule;
}

/** The part of the settings that says which of them NGINX has to load. */
export function moduleSettings({ stream, otel }: FoundModules): Pick<NginxSettings, 'streamModule' | 'otelModule'> {
  return {
    ...(stream?.kind === 'file' ? { streamModule: stream.path } : {}),
    ...(otel?.kind === 'file' ? { otelModule: otel.path } : {}),
  };
}
