/** What an overload is made of: names that are cached, where they are asked for, and who asks. Pure. */
import { encodeMessage } from '../../../src/dns/message.ts';
import { edns, query } from '../../resolver/messages.ts';
import { type Host, hostOf, type UniverseShape } from '../universe/zones.ts';

export const shape: UniverseShape = { zones: 40, hostsPerZone: 50, ttlSeconds: 86_400 };
export const hosts: readonly Host[] = Array.from({ length: shape.zones * shape.hostsPerZone }, (_, index) =>
  hostOf(shape, index),
);

/** As the agent probes it, and where clients ask. */
export const serviceAddress = '203.0.113.53';

/** Where replies to the flood go, at each of its addresses: ports that no one is given who asks for any. */
export const sinkPorts = { first: 700, count: 16 } as const;

/**
 * Addresses that the flood comes from, 198.19.16.0 and those that follow: so many that none of them, and no network that
 * they lie in, asks more than it may where the limits are as they come, but one.
 */
const sources = 4096;
/** One packet in so many comes from one and the same address, which asks more than it may. */
const packetsPerGreedy = 16;

/** More than there are hosts, so that each is asked for from several addresses. */
const packets = 16_384;

/** IPv4 packets, each behind its length in two octets: all hosts asked for with EDNS, without a cookie. */
export function floodPackets(): Uint8Array {
  const each = Array.from({ length: packets }, (_, index) => {
    const source = index % packetsPerGreedy === 0 ? 0 : 1 + ((index * 7919) % (sources - 1));
    const { name } = hosts[(index * 31) % hosts.length] ?? hostOf(shape, 0);
    const asked = encodeMessage(query(name, 'A', { id: index, edns: edns() }));
    const packet = packetOf(source, sinkPorts.first + (index % sinkPorts.count), asked);
    return Buffer.concat([Uint8Array.of(packet.length >> 8, packet.length & 0xff), packet]);
  });
  return Buffer.concat(each);
}

const headerOctets = 20;
const udpHeaderOctets = 8;

/** RFC 791 and 768; the kernel fills in the checksum of the one, and none is needed in the other. */
function packetOf(source: number, port: number, payload: Uint8Array): Uint8Array {
  const packet = Buffer.alloc(headerOctets + udpHeaderOctets + payload.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  const [timeToLive, udp] = [64, 17];
  packet[8] = timeToLive;
  packet[9] = udp;
  packet.set([198, 19, 16 + (source >> 8), source & 0xff], 12);
  packet.set(serviceAddress.split('.').map(Number), 16);
  packet.writeUInt16BE(port, headerOctets);
  packet.writeUInt16BE(53, headerOctets + 2);
  packet.writeUInt16BE(udpHeaderOctets + payload.length, headerOctets + 4);
  packet.set(payload, headerOctets + udpHeaderOctets);
  return packet;
}
