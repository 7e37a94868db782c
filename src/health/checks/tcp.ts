/**
 * Connects to a port of every service address, and may wait for the first words of the server.
 *
 * The trap: a connection alone says little. The kernel accepts it for any process that listens, frozen or not; a
 * `banner` is said by the process itself.
 */
import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import type { IpAddress } from '../../ip/address.ts';
import { askFailure, failureVerdict } from '../ask-failure.ts';
import { askEveryAddress, insteadAddressKey } from '../every-address.ts';
import { type CheckContext, defineHealthCheck, type Verdict } from '../health-check.ts';

const options = z.strictObject({
  port: z.number().int().min(1).max(65_535),
  address: insteadAddressKey,
  /** What the server must say first, octet by octet. */
  banner: z.string().min(1).max(255).optional(),
});

export type TcpCheckOptions = z.output<typeof options>;

export const tcpCheck = defineHealthCheck<TcpCheckOptions>({
  kind: 'tcp',
  faultClass: 'local-soft',
  options,
  probe: (asked, context) =>
    askEveryAddress(asked.address, context, address => connectTo(address, asked, context)),
});

async function connectTo(
  address: IpAddress,
  { port, banner }: TcpCheckOptions,
  { signal }: CheckContext,
): Promise<Verdict> {
  const where = `tcp ${address.text} port ${port}`;
  if (signal.aborted) return failureVerdict(askFailure(signal.reason, signal), where);
  const socket = connect({ host: address.text, port, noDelay: true });
  const stop = (): Socket => socket.destroy(new Error('time is up'));
  signal.addEventListener('abort', stop, { once: true });
  // Waiting for a connection does not listen any more once it is there.
  socket.on('error', () => undefined);
  try {
    await connected(socket);
    const complaint = banner === undefined ? undefined : await bannerComplaint(socket, Buffer.from(banner));
    return complaint === undefined
      ? { kind: 'healthy' }
      : { kind: 'unhealthy', reason: `${where}: ${complaint}` };
  } catch (error) {
    return failureVerdict(askFailure(error, signal), where);
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
}

/** Reads as many octets as the banner has, and not many more: the server may talk for ever. */
async function bannerComplaint(socket: Socket, banner: Buffer): Promise<string | undefined> {
  let said: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    said = Buffer.concat([said, chunk]);
    if (said.length >= banner.length || !banner.subarray(0, said.length).equals(said)) break;
  }
  if (said.subarray(0, banner.length).equals(banner)) return undefined;
  if (said.length === 0) return 'closed without a word';
  return `said '${printable(said.subarray(0, banner.length))}', not '${printable(banner)}'`;
}

/** What a stranger says ends in logs and on terminals. */
function printable(octets: Buffer): string {
  return octets.toString('latin1').replaceAll(/[^ -~]/g, '.');
}
