import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyNoBatchedUdp } from '../../src/system/batched-udp.ts';
import { run } from '../../src/system/run.ts';
import { whyNoSandbox } from '../support/sandbox.ts';

/** Sends datagrams of 1200 and 2000 octets over an interface with room for 1300, and prints how many of each could not be sent. */
const script = `
  import { openUdpSocket } from './src/system/batched-udp.ts';
  import { SendBatch } from './src/system/datagram-batch.ts';
  import { parseIpAddress } from './src/ip/address.ts';
  import { openLibc } from './src/system/libc.ts';
  import { encodeEndpoint, SocketAddresses, wordsPerAddress } from './src/system/socket-address.ts';
  const libc = await openLibc();
  for (const address of ['127.0.0.1', '::1']) {
    const { octets } = parseIpAddress(address);
    const fd = openUdpSocket(libc, { endpoint: { octets, port: 0 } });
    const words = new Int32Array(wordsPerAddress);
    new Uint8Array(words.buffer).set(encodeEndpoint({ octets, port: 9 }));
    for (const length of [1200, 2000]) {
      const batch = new SendBatch(libc, 4096);
      batch.add(length, new SocketAddresses(words), 0);
      console.log(address, length, batch.send(fd, 0));
    }
  }`;
const setUp = 'ip link set lo up mtu 1300 && exec "$@"';

const missing = (await whyNoBatchedUdp()) ?? (await whyNoSandbox());

describe('a batched UDP socket', { skip: missing ?? false }, () => {
  it('does not send in fragments what the interface has no room for (RFC 9715 section 3.1)', async () => {
    const inside = ['unshare', '--user', '--map-root-user', '--net', 'sh', '-c', setUp, 'sh'] as const;
    const sent = await run([...inside, process.execPath, '--input-type=module', '-e', script]);
    assert.equal(sent.exitCode, 0, sent.stderr);
    assert.deepEqual(sent.stdout.trim().split('\n'), [
      '127.0.0.1 1200 0',
      '127.0.0.1 2000 1',
      '::1 1200 0',
      '::1 2000 1',
    ]);
  });
});
