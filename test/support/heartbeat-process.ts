/**
 * A process that speaks the resolver's side of its control socket: a heartbeat every 50 ms. Arguments: the socket's path.
 * It ends when its standard input does, so that none is left over when a test dies.
 */
import { systemClock } from '../../src/system/clock.ts';
import { serveControl } from '../../src/system/control-socket.ts';

const [path = ''] = process.argv.slice(2);
await using server = await serveControl(path, {});
process.stdin.resume().once('end', () => process.exit());
process.stdout.write('ready\n');
for (let sequence = 0; ; sequence += 1) {
  server.push('heartbeat', { pid: process.pid, sequence, clientQueries: 0 });
  await systemClock.sleep(50);
}
