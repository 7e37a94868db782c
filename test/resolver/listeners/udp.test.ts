import { listenUdp } from '../../../src/resolver/listeners/udp.ts';
import { udpListenerContract } from '../../contract/udp-listener.ts';

udpListenerContract({
  kind: "on the resolver's own thread",
  skip: undefined,
  open: async () => ({ listen: listenUdp, [Symbol.asyncDispose]: async () => undefined }),
});
