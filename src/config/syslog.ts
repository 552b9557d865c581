import type { ConfigKey } from '../annotations/define.ts';
import type { GroupContext } from './define.ts';

/** Whether log lines go to a syslog server, and to which: read by the groups of both logs. */
export const enableSyslog: ConfigKey<boolean> = { key: 'enable-syslog', default: false };
/** An address, IPv6 in brackets. */
export const syslogHost: ConfigKey<string | undefined> = { key: 'syslog-host', default: undefined };
export const syslogPort: ConfigKey<number> = { key: 'syslog-port', default: 514 };

/** The server as NGINX takes it in the place of a file; undefined where lines go elsewhere. */
export function syslogTarget({ config }: GroupContext): `syslog:${string}` | undefined {
  const host = config(syslogHost);
  return config(enableSyslog) && host !== undefined ? `syslog:server=${host}:${config(syslogPort)}` : undefined;
}
