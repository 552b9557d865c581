import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNginxCommand } from '../../src/apply/nginx-command.ts';
import { findModule, type NginxModule, type Wanted } from '../../src/apply/nginx-modules.ts';
import { openRunDirectory } from '../../src/apply/run-directory.ts';
import { theNginx } from './machine.ts';

/** Whether the NGINX to test with has a module. Throws where there is no NGINX. */
export async function hasModule(wanted: Wanted): Promise<boolean> {
  return (await moduleOfNginx(wanted)).kind !== 'absent';
}

/** Where the NGINX to test with has a module. Throws where there is no NGINX. */
export async function moduleOfNginx(wanted: Wanted): Promise<NginxModule> {
  const path = await mkdtemp(join(tmpdir(), 'gatehouse-module-'));
  const directory = await openRunDirectory(path);
  try {
    return await findModule(wanted, createNginxCommand(theNginx()), path);
  } finally {
    await directory.close();
    await rm(path, { recursive: true });
  }
}
