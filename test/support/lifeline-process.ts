/** Holds the lifeline at its first argument until it is killed, with some memory to be freed then. */
import { holdLifeline } from '../../src/system/lifeline.ts';

const lifeline = await holdLifeline(process.argv[2] ?? '');
lifeline.show();
const memory = Array.from({ length: 32 }, () => new Uint8Array(1024 * 1024).fill(1));
process.stdout.write(`${lifeline.lacking ?? 'held'}\n`);
setInterval(() => memory.length, 1000);
