import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSockets, takes } from '../../../src/doctor/host/listening-sockets.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { captured } from '../captured.ts';

const address = (text: string) => parseIpAddress(text) as NonNullable<ReturnType<typeof parseIpAddress>>;
const texts = (file: string, transport: 'udp' | 'tcp') =>
  parseSockets(captured(file), transport, 'LE').map(each => `${each.address.text} ${each.port}`);

describe('sockets below /proc/net', () => {
  it('are those that listen, and none of an established connection', () => {
    assert.deepEqual(texts('proc-net-tcp.txt', 'tcp'), ['0.0.0.0 179']);
    assert.deepEqual(texts('proc-net-tcp6.txt', 'tcp'), [':: 179']);
  });

  it('have their addresses out of words in the byte order of the machine', () => {
    assert.deepEqual(texts('proc-net-udp.txt', 'udp').sort(), ['0.0.0.0 3784', '198.18.1.6 41180']);
    const bigEndian = captured('proc-net-udp.txt').replace('060112C6', 'C6120106');
    assert.deepEqual(
      parseSockets(bigEndian, 'udp', 'BE')
        .map(each => each.address.text)
        .sort(),
      ['0.0.0.0', '198.18.1.6'],
    );
  });

  it('carry the number by which their owner is found', () => {
    assert.ok(parseSockets(captured('proc-net-tcp.txt'), 'tcp', 'LE').every(({ inode }) => inode > 1000));
  });
});

describe('a socket', () => {
  const socket = { transport: 'udp', address: address('127.0.0.53'), port: 53, uid: 0, inode: 1 } as const;
  const wanted = { transport: 'udp', address: address('203.0.113.53'), port: 53 } as const;

  it("stands in nobody's way on an address of its own, as systemd-resolved on 127.0.0.53", () => {
    assert.equal(takes(socket, wanted), false);
  });

  it('takes the port of every address of its family when it has none, and of both families on ::', () => {
    assert.equal(takes({ ...socket, address: address('0.0.0.0') }, wanted), true);
    assert.equal(takes({ ...socket, address: address('::') }, wanted), true);
    assert.equal(
      takes({ ...socket, address: address('0.0.0.0') }, { ...wanted, address: address('2001:db8::1') }),
      false,
    );
  });

  it('takes only its own transport and port', () => {
    assert.equal(takes({ ...socket, address: wanted.address, transport: 'tcp' }, wanted), false);
    assert.equal(takes({ ...socket, address: wanted.address, port: 54 }, wanted), false);
    assert.equal(takes({ ...socket, address: wanted.address }, wanted), true);
  });
});
