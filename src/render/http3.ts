import { directive, variable } from '../model/directive.ts';
import { refText } from '../model/objects.ts';
import type { Base, Server } from '../model/routing.ts';
import { type NginxSettings, runPaths } from '../model/settings.ts';
import { byName } from './headers.ts';
import { addressPrefixes, http3Port, type Listening } from './listens.ts';
import { comment, printDirective } from './quote.ts';
import type { ServerView } from './server-view.ts';

const header = 'Alt-Svc';
const announced = 'gatehouse_alt_svc';

/**
 * The arguments of `listen` for HTTP/3: UDP, by default at the port of https. All datagrams of a connection have to reach the worker that knows it, so
 * that each worker has a socket of its own (https://nginx.org/en/docs/http/ngx_http_v3_module.html). NGINX takes that once, where the port is bound.
 */
export function quicListens({ settings, overrides }: Listening, suffix: '' | ' default_server'): readonly string[] {
  if (!overrides.http3) return [];
  const options = suffix !== '' && !overrides.addresses?.length ? ' reuseport' : '';
  return addressPrefixes(settings, overrides).map((prefix) => `${prefix}${http3Port(settings)} quic${suffix}${options}`);
}

/** The lines for HTTP/3 at the level `http`. The key outlives a reload, so that what the old workers told clients is known to the new ones. */
export function http3Lines({ overrides }: Base, settings: NginxSettings): readonly string[] {
  if (!overrides?.http3) return [];
  const key = directive('quic_host_key', runPaths(settings.runDirectory).quicHostKey);
  // Nobody is talked to whose address is not known to be his own.
  return [printDirective(key), 'quic_retry on;'];
}

/** What tells clients of HTTP/3: on https alone, with the port that they use (RFC 7838). A header that the ConfigMap has itself wins. */
export function withAltSvc(base: Base, settings: NginxSettings): Base {
  const maxAge = base.overrides?.http3?.maxAge ?? 0;
  if (maxAge === 0) return base;
  const text = `h3=":${settings.publicHttpsPort ?? http3Port(settings)}"; ma=${maxAge}`;
  const own = { name: header, value: variable(announced), always: true };
  return {
    ...base,
    blocks: [
      ...base.blocks,
      {
        kind: 'map',
        name: announced,
        source: variable('https'),
        default: { text: '' },
        entries: [{ key: { exact: 'on' }, value: { text } }],
      },
    ],
    headers: {
      ...base.headers,
      response: byName([own], base.headers.response),
      hidden: [...new Set([...base.headers.hidden, header])],
    },
  };
}

/** A host whose TLS is passed on has no HTTP/3: nobody here may end its TLS, and what comes for it over the connection of another is sent back. */
export function refusedQuic({ origins }: Server, names: readonly string[], listens: readonly string[]): ServerView {
  return {
    comment: comment(`no HTTP/3, as TLS is passed on: ${[...new Set(origins.map(({ object }) => refText(object)))].join(', ')}`),
    names: names.join(' '),
    listens,
    certificate: false,
    redirect: 'return 421;',
    health: undefined,
    directives: ['ssl_reject_handshake on;'],
    answers: [],
    locations: [],
  };
}
