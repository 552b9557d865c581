import type { Topology } from '../model/routing.ts';
import type { BlockText } from './http-blocks.ts';
import { refusedQuic } from './http3.ts';
import type { Listening } from './listens.ts';
import type { LocationContext } from './location-view.ts';
import { listensOf, nameTexts, type ServerView, serverNameText, serverViews } from './server-view.ts';
import { shareHosts } from './shared-hosts.ts';

/** All public servers, and the maps that those of them ask that are shared. */
export interface AllServers {
  readonly views: readonly ServerView[];
  readonly maps: readonly BlockText[];
  /** How many entries the largest of the maps has at most. */
  readonly entries: number;
}

/** Prints each host where it belongs: in a server of its own, or in one that it shares. */
export function allServers({ servers, passthrough = [] }: Topology, listening: Listening, context: LocationContext): AllServers {
  const listens = { default: listensOf(listening, ' default_server'), named: listensOf(listening, '') };
  const passedOn = new Set(passthrough.map(({ name }) => serverNameText(name)));
  const isPassedOn = new Set(servers.filter(({ name }) => passedOn.has(serverNameText(name))));
  const shared = shareHosts(
    servers.filter((server) => !isPassedOn.has(server)),
    { ...context, unmatchedLines: [], listens: listens.named, least: listening.settings.hostsApart },
  );
  const views = servers.flatMap((server) => {
    if (shared.hosts.has(server)) return [];
    const at = listens[server.name.kind === 'default' ? 'default' : 'named'];
    if (!isPassedOn.has(server) || at.quic.length === 0) return serverViews(server, at, context);
    return [...serverViews(server, { ...at, quic: [] }, context), refusedQuic(server, nameTexts(server), at.quic)];
  });
  return { views: [...views, ...shared.servers], maps: shared.maps, entries: shared.entries };
}
