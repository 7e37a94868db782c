/**
 * The lanes of a service address: queues of its own for each kind of sender, so that no flood of one kind fills another's.
 *
 * What comes faster than it is fetched waits in a socket's buffer, and when that is full the kernel drops whatever comes,
 * be it one of a million or the agent's probe. So an address has a socket for each lane, and a program in the kernel that
 * says which one a datagram goes to (`system/socket-filter.ts`). They are served in turn, a batch of each: a lane
 * that is full takes no more from another than its turn.
 *
 * - `own` has what this machine sends to itself: the agent's probes, which must tell an overload from a death. From elsewhere
 *   nobody gets there, whatever source he writes: it must have come over the loopback interface.
 * - `cookie` has queries that end with a whole DNS cookie (RFC 7873, 9018), as those of clients do who have been here. Whether
 *   it is a good one the kernel cannot say: a flood with cookies that are not meets clients with a cookie, and only those.
 * - `plain` has all else.
 *
 * A client stays with its thread, whichever that is: with several threads each has a socket in each lane, and a sum with
 * random factors chooses, so that nobody can aim at one.
 */
import { randomInt } from 'node:crypto';
import { optionCodes } from '../../dns/edns.ts';
import { ancillary, networkHeader, type Step } from '../../system/socket-filter.ts';
import { cookieOctets } from '../clients/server-cookie.ts';

/** By number; the first is also what the kernel takes for a datagram that it cannot read. */
export const lanes = ['plain', 'cookie', 'own'] as const;
export type Lane = (typeof lanes)[number];

/** Always 1 (LOOPBACK_IFINDEX). */
const loopbackInterface = 1;

/** Where a header has its addresses and how many words each, and how long it is without options (RFC 791, RFC 8200). */
const headers = {
  4: { source: 12, destination: 16, words: 1, octets: 20 },
  6: { source: 8, destination: 24, words: 4, octets: 40 },
} as const;

/** Of the option: its code and length, and both halves of the cookie. */
const cookieOption = (optionCodes.cookie << 16) | cookieOctets;
const cookieOptionOctets = 4 + cookieOctets;

/** Chooses among the sockets of all lanes: those of the first lane, one for each thread, then those of the next. */
export function laneProgram(family: 4 | 6, threads: number): Step[] {
  const { source, destination, words, octets } = headers[family];
  const word = (at: number, index = 0): Step => ({ op: 'loadWord', value: networkHeader + at + index * 4 });
  const each = Array.from({ length: words }, (_, index) => index);
  const chosen = (lane: Lane): Step[] =>
    threads === 1
      ? [{ op: 'give', value: lanes.indexOf(lane) }]
      : [
          { op: 'loadValue', value: lanes.indexOf(lane) * threads },
          { op: 'store', value: 0 },
          { op: 'jump', to: 'thread' },
        ];
  // Each word of the address, and both ports, which come next.
  const summands = [...each.map(index => word(source, index)), word(octets)];
  return [
    { op: 'loadWord', value: ancillary.interfaceIndex },
    { op: 'jumpIfEqual', value: loopbackInterface, to: 'not own' },
    ...each.flatMap((index): Step[] => [
      word(source, index),
      { op: 'copyToX' },
      word(destination, index),
      { op: 'jumpIfEqualX', to: 'not own' },
    ]),
    ...chosen('own'),
    { label: 'not own' },
    { op: 'loadLength' },
    { op: 'jumpIfAtLeast', value: cookieOptionOctets, to: 'plain' },
    { op: 'subtract', value: cookieOptionOctets },
    { op: 'copyToX' },
    { op: 'loadWordAtX' },
    { op: 'jumpIfEqual', value: cookieOption, to: 'plain' },
    ...chosen('cookie'),
    { label: 'plain' },
    ...chosen('plain'),
    { label: 'thread' },
    ...(threads === 1 ? [] : threadOf(summands, threads)),
  ];
}

/** Multilinear hashing: its upper bits are as good as random to who does not know the factors. */
function threadOf(summands: readonly Step[], threads: number): Step[] {
  const sum = 1;
  return [
    { op: 'loadValue', value: randomInt(2 ** 32) },
    { op: 'store', value: sum },
    ...summands.flatMap((load): Step[] => [
      load,
      { op: 'multiply', value: randomInt(2 ** 31) * 2 + 1 },
      { op: 'loadXFromMemory', value: sum },
      { op: 'addX' },
      { op: 'store', value: sum },
    ]),
    { op: 'shiftRight', value: 16 },
    { op: 'modulo', value: threads },
    { op: 'loadXFromMemory', value: 0 },
    { op: 'addX' },
    { op: 'giveA' },
  ];
}
