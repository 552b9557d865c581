import { parentPort, workerData } from 'node:worker_threads';
import { makeSelfSigned } from './self-signed.ts';

/** Makes one certificate for a `Holder`, sends it, and ends. */
parentPort?.postMessage(await makeSelfSigned(workerData));
