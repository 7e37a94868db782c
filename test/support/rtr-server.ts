/**
 * A validator of one ROA as a program, `ADDRESS PORT PREFIX ASN`: speaks the RPKI to Router protocol (RFC 8210, version
 * 1) as far as a router that asks for everything needs it. The maximum length is the prefix's own.
 */
import { createServer } from 'node:net';
import { parseIpPrefix } from '../../src/ip/prefix.ts';

const [address = '', port = '', text = '', asn = ''] = process.argv.slice(2);
const prefix = parseIpPrefix(text);
if (prefix?.family !== 4) throw new Error(`${text} is not an IPv4 prefix`);

const version = 1;
const sessionId = 7;
/** PDU types, RFC 8210 section 5. */
const pdu = { serialQuery: 1, resetQuery: 2, cacheResponse: 3, ipv4Prefix: 4, endOfData: 7 } as const;

const header = (type: number, field: number, length: number): number[] => [
  version,
  type,
  ...uint16(field),
  ...uint32(length),
];
const everything = Uint8Array.from([
  ...header(pdu.cacheResponse, sessionId, 8),
  ...header(pdu.ipv4Prefix, 0, 20),
  // Announced; length, maximum length; zero.
  ...[1, prefix.length, prefix.length, 0],
  ...prefix.octets,
  ...uint32(Number(asn)),
  // Serial number, then the intervals for refresh, retry and expiry in seconds.
  ...header(pdu.endOfData, sessionId, 24),
  ...[1, 300, 10, 7200].flatMap(uint32),
]);

createServer(router => {
  router.on('error', () => router.destroy());
  router.on('data', query => {
    if (query[1] === pdu.resetQuery || query[1] === pdu.serialQuery) router.write(everything);
  });
}).listen(Number(port), address, () => process.stdout.write('listening\n'));

function uint16(value: number): number[] {
  return [value >>> 8, value & 0xff];
}

function uint32(value: number): number[] {
  return [...uint16(value >>> 16), ...uint16(value & 0xffff)];
}
