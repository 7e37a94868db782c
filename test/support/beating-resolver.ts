/** The resolver's side of its control socket, in this process: heartbeats with a counter that the test turns. */
import { systemClock } from '../../src/system/clock.ts';
import { serveControl } from '../../src/system/control-socket.ts';

export interface BeatingResolver extends AsyncDisposable {
  clientQueries: number;
}

/** Milliseconds between heartbeats, as the resolver's. */
const beatMs = 50;

export async function beatingResolver(runDirectory: string): Promise<BeatingResolver> {
  const server = await serveControl(`${runDirectory}/resolver.sock`, {});
  const end = new AbortController();
  const resolver: BeatingResolver = {
    clientQueries: 0,
    async [Symbol.asyncDispose]() {
      end.abort();
      await beating;
      await server[Symbol.asyncDispose]();
    },
  };
  const beating = (async () => {
    for (let sequence = 0; !end.signal.aborted; sequence += 1) {
      server.push('heartbeat', { pid: process.pid, sequence, clientQueries: resolver.clientQueries });
      await systemClock.sleep(beatMs, end.signal).catch(() => undefined);
    }
  })();
  return resolver;
}
