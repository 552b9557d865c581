import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { secret } from '../manifests.ts';
import { makeCertificate } from '../pems.ts';
import { timeUntil } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { hosts, type Stage } from '../stage.ts';

/** The fingerprint of the certificate that a host shows. */
export function shown(stage: Stage): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: stage.https, servername: hosts.secure, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.on('error', () => resolve(''));
  });
}

/** Puts the usual certificate back. */
async function putBack(stage: Stage): Promise<void> {
  await stage.save('secret', [secret('secure', stage.certificate)]);
  await timeUntil('the usual certificate is back', async () => (await shown(stage)) === stage.certificate.fingerprint);
}

export const certificateScenarios: readonly Scenario[] = [
  {
    name: 'a certificate is rotated every second, RSA to ECDSA and back',
    act: async (stage, { long }) => {
      const before = stage.controller.reloads();
      const times: number[] = [];
      for (let round = 0; round < (long ? 60 : 6); round += 1) {
        const made = await makeCertificate(hosts.secure, round % 2 === 0 ? 'ECDSA' : 'RSA');
        await stage.save('secret', [secret('secure', made)]);
        times.push(await timeUntil('the new certificate is shown', async () => (await shown(stage)) === made.fingerprint, 5_000));
        await pause(Math.max(0, 1_000 - (times.at(-1) ?? 0)));
      }
      await putBack(stage);
      if (stage.controller.reloads() > before) throw new Error('a certificate led to a reload');
      return [`first shown after ${times.join(', ')} ms`];
    },
  },
  {
    name: 'a key that does not match its certificate',
    act: async (stage) => {
      const from = stage.controller.log.length;
      const other = await makeCertificate(hosts.secure, 'RSA');
      await stage.save('secret', [secret('secure', { chain: other.chain, key: stage.certificate.key })]);
      const { msg } = await stage.controller.line(/Secret/, from);
      const isDefault = async () => !['', other.fingerprint, stage.certificate.fingerprint].includes(await shown(stage));
      await timeUntil('the host shows the default certificate', isDefault, 5_000);
      await putBack(stage);
      return ['the host shows the default certificate meanwhile', `said: ${msg.slice(0, 100)}…`];
    },
  },
  {
    name: 'the Secret of a certificate is deleted',
    act: async (stage) => {
      const from = stage.controller.log.length;
      await stage.remove('secret');
      await stage.controller.line(/Secret/, from);
      const isDefault = async () => !['', stage.certificate.fingerprint].includes(await shown(stage));
      await timeUntil('the host shows the default certificate', isDefault, 5_000);
      await putBack(stage);
      return ['the host shows the default certificate meanwhile'];
    },
  },
];
