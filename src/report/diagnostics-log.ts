import type { Diagnostic } from '../model/diagnostic.ts';
import type { Log } from './log.ts';
import { diagnosticText } from './places.ts';

/** Writes diagnostics to the log when they appear and when they are gone, and not again in between. */
export function createDiagnosticsLog(log: Log): (diagnostics: readonly Diagnostic[]) => void {
  let before = new Map<string, Diagnostic>();
  return (diagnostics) => {
    const now = new Map(diagnostics.map((one) => [identity(one), one]));
    for (const [key, one] of now) {
      if (!before.has(key)) log[one.severity === 'error' ? 'error' : 'warn'](diagnosticText(one));
    }
    for (const [key, one] of before) {
      if (!now.has(key)) log.info(`no longer: ${diagnosticText(one)}`);
    }
    before = now;
  };
}

/** The same complaint at another line is the same complaint. */
function identity({ code, object, field, message }: Diagnostic): string {
  return [code, object.kind, object.namespace, object.name, field, message].join('\0');
}
