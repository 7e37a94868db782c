import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { parseIpAddress } from '../../src/ip/address.ts';
import {
  endpointText,
  findUdpSockets,
  type UdpEndpoint,
  UdpSocketTables,
} from '../../src/system/udp-sockets.ts';

async function bound(address: string): Promise<{ socket: Socket; endpoint: UdpEndpoint }> {
  const parsed = parseIpAddress(address);
  assert.ok(parsed);
  const socket = createSocket(parsed.family === 4 ? 'udp4' : 'udp6');
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, endpoint: { octets: parsed.octets, port: socket.address().port } };
}

/** Sends from another process, while this one stands still and fetches nothing. */
function flood(address: string, port: number, datagrams: number): void {
  const script = `
    const socket = require('node:dgram').createSocket(${address.includes(':') ? "'udp6'" : "'udp4'"});
    let left = ${datagrams};
    const send = () => left-- > 0 ? socket.send('x', ${port}, '${address}', send) : socket.close();
    send();`;
  const { status } = spawnSync(process.execPath, ['-e', script], { timeout: 30_000 });
  assert.equal(status, 0);
}

describe('the kernel’s count of UDP sockets', () => {
  for (const address of ['127.0.0.1', '::1']) {
    it(`has what ${address} had to drop while its buffer was full`, async () => {
      await using tables = new UdpSocketTables();
      const { socket, endpoint } = await bound(address);
      try {
        socket.setRecvBufferSize(4096);
        const [before] = await tables.countsOf([endpoint]);
        assert.equal(before?.drops, 0);
        flood(address, endpoint.port, 500);
        const [after] = await tables.countsOf([endpoint]);
        assert.equal(after?.inode, before?.inode);
        assert.ok((after?.drops ?? 0) > 100, `${after?.drops} of 500 were dropped`);
      } finally {
        socket.close();
      }
    });
  }

  it('is of the socket at just this address and port', async () => {
    await using tables = new UdpSocketTables();
    const { socket, endpoint } = await bound('127.0.0.1');
    try {
      assert.equal((await tables.countsOf([endpoint])).length, 1);
      const elsewhere = { ...endpoint, octets: Uint8Array.of(127, 0, 0, 9) };
      assert.deepEqual(await tables.countsOf([elsewhere]), []);
      assert.deepEqual(await tables.countsOf([]), []);
    } finally {
      socket.close();
    }
  });

  it('takes a local address for one only in its own column', () => {
    const local = endpointText({ octets: Uint8Array.of(192, 0, 2, 1), port: 53 });
    const other = endpointText({ octets: Uint8Array.of(192, 0, 2, 2), port: 4000 });
    const rest = '07 00000000:00000000 00:00000000 00000000     0        0';
    const table = [
      '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
      ` 1234: ${local} 00000000:0000 ${rest} 111 2 0000000000000000 7`,
      `  235: ${other} ${local} ${rest} 222 2 0000000000000000 8`,
      ` 1234: ${local} 00000000:0000 ${rest} 333 2 0000000000000000 9`,
      '',
    ].join('\n');
    assert.deepEqual(findUdpSockets(table, [local]), [
      { inode: '111', drops: 7 },
      { inode: '333', drops: 9 },
    ]);
  });
});
