import type { CertificateId, Server } from '../model/routing.ts';
import { type NginxSettings, runPaths } from '../model/settings.ts';
import { quoteKey, quoteWord } from './quote.ts';

/** A line of a map: what the client asked for, and the certificate file that it gets. */
interface Entry {
  readonly key: string;
  readonly file: string;
}

/**
 * Which certificate file belongs to which server name. The name that a client sends never becomes part of a file name: it only
 * chooses among files of ours. Exact names are looked up first, then the wildcard one label up, then the default is taken.
 */
export function certificateMaps(servers: readonly Server[], settings: NginxSettings) {
  const file = (id: CertificateId) => quoteWord({ text: `${runPaths(settings.runDirectory).certificates}/${id}.pem` });
  const exact: Entry[] = [];
  const wildcard: Entry[] = [];
  for (const { name, certificate, aliases = [] } of servers) {
    if (certificate === undefined) continue;
    const covered = aliases.flatMap((alias) => (alias.covered ? [alias.name] : []));
    for (const one of [name, ...covered]) {
      if (one.kind === 'exact') exact.push({ key: quoteKey(one.host), file: file(certificate) });
      if (one.kind === 'wildcard' || one.kind === 'suffix') wildcard.push({ key: quoteKey(`.${one.suffix}`), file: file(certificate) });
    }
  }
  return { default: file('default'), exact, wildcard, cached: Math.max(1000, 4 * (exact.length + wildcard.length)) };
}
