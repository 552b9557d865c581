import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '../../e2e/faults/pems.ts';
import { nginxChildren } from '../../src/apply/nginx-processes.ts';
import { runPaths } from '../../src/model/settings.ts';
import { untilAnswered } from './asking.ts';
import { startGatehouse } from './gatehouse.ts';
import { handWritten } from './hand-written.ts';
import { type Estate, hostOf, writeManifests } from './manifests.ts';
import { freePorts, startBackend, startPlainNginx } from './nginx.ts';
import type { Peer } from './peers.ts';
import type { Place } from './place.ts';

/** What is routed, by all alike. */
export type Routes = Pick<Estate, 'ingresses' | 'services' | 'paths' | 'regex' | 'annotations'>;

/** One of those that are compared. */
export interface Contender {
  readonly name: string;
  readonly ports: { readonly http: number; readonly https: number };
  /** The processes whose CPU time is that of requests. */
  readonly workers: readonly number[];
}

export interface ContendersOptions {
  readonly routes: Routes;
  /** A path that all of them answer, below one of the paths of the routes. */
  readonly asked: string;
  readonly peers: readonly Peer[];
}

/** Starts Gatehouse, hand-written configurations of the same NGINX, and other proxies, each with one worker, before one backend. */
export async function startContenders(place: Place, { routes, asked, peers }: ContendersOptions): Promise<readonly Contender[]> {
  const [backendPort = 0] = await freePorts(1);
  place.onEnd((await startBackend(join(place.folder, 'backend'), backendPort)).stop);
  const estate = { ...routes, backendPort };
  const manifests = await writeManifests(join(place.folder, 'manifests'), estate, 'files');
  const gatehouse = await startGatehouse({ manifests: manifests.folder, folder: place.folder, workers: 1 });
  place.onEnd(gatehouse.stop);
  const question = { host: hostOf(routes.ingresses - 1), path: asked };
  const answers = (port: number) => untilAnswered({ port, ...question }, ({ status }) => status === 200);
  await answers(gatehouse.httpPort);
  await gatehouse.line(0, ({ msg }) => msg.startsWith('reloaded '));
  const ports = { http: gatehouse.httpPort, https: gatehouse.httpsPort };
  const contenders: Contender[] = [{ name: 'gatehouse', ports, workers: await nginxChildren(await gatehouse.nginxPid()) }];
  const certificate = `${runPaths(gatehouse.runDirectory).certificates}/default.pem`;
  const add = async (name: string, start: (at: Address) => Promise<Started>) => {
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    const { pids, stop } = await start({ httpPort, httpsPort, folder: join(place.folder, name.replaceAll(/\W/g, '-')) });
    place.onEnd(stop);
    await answers(httpPort);
    contenders.push({ name, ports: { http: httpPort, https: httpsPort }, workers: pids });
  };
  for (const form of ['minimal', 'same headers'] as const) {
    await add(form, async ({ folder, ...at }) => {
      const http = handWritten({ estate, ...at, certificate, form });
      const nginx = await startPlainNginx({ folder, workers: 1, http, port: at.httpPort });
      return { pids: await nginx.workers(), stop: nginx.stop };
    });
  }
  const ofHost = await certificateFile(place.folder);
  for (const { name, start } of peers) await add(name, (at) => start({ estate, certificate: ofHost, ...at }));
  return contenders;
}

/** Some proxies show no certificate that is not for the name in the handshake, which wrk takes from its address. */
async function certificateFile(folder: string): Promise<string> {
  const { chain, key } = await makeCertificate(hostOf(0), 'RSA', ['127.0.0.1']);
  const path = join(folder, 'host.pem');
  await writeFile(path, `${key}${chain}`);
  return path;
}

interface Address {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly folder: string;
}

interface Started {
  readonly pids: readonly number[];
  stop(): Promise<void>;
}
