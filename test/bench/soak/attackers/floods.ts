import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeMessage } from '../../../../src/dns/message.ts';
import { edns, query } from '../../../resolver/messages.ts';
import { hostOf, places } from '../../universe/zones.ts';
import type { Attacker, Tally } from '../attacker.ts';
import { addressesIn, type HostileZone, ports, randomLabel, shape } from '../field.ts';
import { malformed } from '../malformed.ts';
import { inTurn, pace } from '../pace.ts';

/** Sends what `octets` gives, from each of the addresses in turn. */
async function flood(
  { addresses, perSecond, octets }: FloodOptions,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const sockets = await Promise.all(addresses.map(address => openSocket(address, tally)));
  const next = inTurn(sockets);
  await pace(perSecond, signal, () => {
    tally.sent += 1;
    next().send(octets(), ports.dns, places.anycast, () => undefined);
  });
  for (const socket of sockets) socket.close();
}

interface FloodOptions {
  readonly addresses: readonly string[];
  readonly perSecond: number;
  octets(): Uint8Array;
}

async function openSocket(address: string, tally: Tally): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.on('message', () => {
    tally.answered += 1;
  });
  socket.bind({ address });
  await once(socket, 'listening');
  return socket;
}

function asking(name: string): Uint8Array {
  const options = Math.random() < 0.5 ? { edns: edns() } : {};
  return encodeMessage(query(name, 'A', { id: randomInt(65_536), ...options }));
}

function randomName(): string {
  return `${randomLabel()}.zone${randomInt(shape.zones)}.test.`;
}

/** Names that no cache can have, of zones that good clients ask for too ("water torture"). */
export const randomLabels: Attacker = {
  name: 'random labels',
  attack: (tally, signal) =>
    flood(
      { addresses: addressesIn(4, 64), perSecond: 600, octets: () => asking(randomName()) },
      tally,
      signal,
    ),
};

const burstMs = 1500;
const pauseMs = 8500;

/** One address, more than it may, now and then: for names that are known, so that the limit is met and not the processor. */
export const singleSource: Attacker = {
  name: 'one address',
  async attack(tally, signal) {
    while (!signal.aborted) {
      const burst = AbortSignal.any([signal, AbortSignal.timeout(burstMs)]);
      const octets = (): Uint8Array => asking(hostOf(shape, 0).name);
      await flood({ addresses: addressesIn(5, 1), perSecond: 6000, octets }, tally, burst);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  },
};

/** Queries a second in each of the zones with a hostile server. */
const hostileRates: Readonly<Record<HostileZone, number>> = {
  lame: 10,
  silent: 20,
  slow: 10,
  nxns: 10,
  huge: 3,
  garbage: 10,
  loop: 10,
};

export const hostileNames: Attacker = {
  name: 'hostile zones',
  async attack(tally, signal) {
    const zones = Object.entries(hostileRates);
    await Promise.all(
      zones.map(([zone, perSecond], index) => {
        const octets = (): Uint8Array => asking(`${randomLabel()}.${zone}.test.`);
        return flood({ addresses: addressesIn(10 + index, 8), perSecond, octets }, tally, signal);
      }),
    );
  },
};

export const malformedDatagrams: Attacker = {
  name: 'malformed, UDP',
  attack: (tally, signal) =>
    flood({ addresses: addressesIn(6, 16), perSecond: 150, octets: malformed }, tally, signal),
};
