/**
 * A program: opens the sockets of a service address, sends to them from several addresses and ports, and prints as JSON by
 * which lane and thread each datagram came. SERVICE-ADDRESS OTHER-ADDRESS THREADS
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { openLaneSockets } from '../../../src/resolver/listeners/lane-sockets.ts';
import { lanes } from '../../../src/resolver/listeners/lanes.ts';
import { ReceiveBatch } from '../../../src/system/datagram-batch.ts';
import { openLibc } from '../../../src/system/libc.ts';
import { datagrams } from './lane-datagrams.ts';

const [service = '', other = '', threads = '1'] = process.argv.slice(2);
const family = service.includes(':') ? 6 : 4;
const ports = 40;

const libc = await openLibc();
const local = { text: service, family, kind: 'service' } as const;
const { port, descriptors } = openLaneSockets(libc, { local, port: 0, threads: Number(threads) });

for (const from of [service, other])
  for (let count = 0; count < ports; count += 1) {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    socket.bind(0, from);
    await once(socket, 'listening');
    for (const [name, octets] of Object.entries(datagrams)) {
      const named = Buffer.concat([Buffer.from(`${from} ${socket.address().port} ${name}\n`), octets]);
      await new Promise(resolve => socket.send(named, port, service, resolve));
    }
    socket.close();
  }

const batch = new ReceiveBatch(libc);
const seen = descriptors.flatMap((inLane, lane) =>
  inLane.flatMap((fd, thread) => {
    const taken: object[] = [];
    for (let count = batch.receive(fd); count > 0; count = batch.receive(fd))
      for (let slot = 0; slot < count; slot += 1) {
        const at = batch.offsetOf(slot);
        const text = Buffer.from(batch.octets.slice(at, at + batch.lengthOf(slot))).toString('latin1');
        const [from, fromPort, ...name] = (text.split('\n')[0] ?? '').split(' ');
        taken.push({ from, port: Number(fromPort), name: name.join(' '), lane: lanes[lane], thread });
      }
    return taken;
  }),
);
process.stdout.write(JSON.stringify(seen));
