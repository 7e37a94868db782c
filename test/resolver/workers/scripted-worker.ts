/** A worker that does what a question's name says before it does anything else: `hang.`, `exit.`, `hoard.` */
import { isMainThread, parentPort } from 'node:worker_threads';
import '../../../src/resolver/workers/worker-thread.ts';
import type { WorkerMessage } from '../../../src/resolver/workers/worker-messages.ts';

if (!isMainThread && parentPort)
  parentPort.on('message', (message: WorkerMessage) => {
    if (message.kind !== 'questions') return;
    const text = Buffer.from(message.octets).toString('latin1');
    if (text.includes('hang')) for (;;);
    if (text.includes('exit')) process.exit(7);
    if (text.includes('hoard')) for (const hoard: object[] = []; ; ) hoard.push({ more: [] });
  });
