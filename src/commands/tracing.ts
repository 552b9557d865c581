import type { NginxModule } from '../apply/nginx-modules.ts';
import type { NginxSettings } from '../model/settings.ts';

/** The part of the settings that NGINX needs to trace requests. */
export function tracingSettings(module: NginxModule): Pick<NginxSettings, 'otelModule'> {
  return module.kind === 'file' ? { otelModule: module.path } : {};
}
