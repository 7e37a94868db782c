import { listenBatchedUdp } from '../../../src/resolver/listeners/batched-udp.ts';
import { whyNoBatchedUdp } from '../../../src/system/batched-udp.ts';
import { udpListenerContract } from '../../contract/udp-listener.ts';
import { openThreadsUnderTest } from '../fast-path/threads-under-test.ts';

const skip = await whyNoBatchedUdp();

for (const threads of [1, 3])
  udpListenerContract({
    kind: `on ${threads} threads of its own`,
    skip,
    open: async () => {
      const open = await openThreadsUnderTest({ threads });
      return {
        listen: options => listenBatchedUdp({ ...options, threads: open }),
        [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
      };
    },
  });
