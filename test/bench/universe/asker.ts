/** A client that asks over UDP, many questions at a time from one socket. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { WireFault } from '../../../src/dns/wire-fault.ts';
import type { Host } from './zones.ts';

export interface Asked {
  readonly message: Message;
  readonly ms: number;
}

export interface Asker extends AsyncDisposable {
  /** Gives the reply, with `query` under another id; undefined when none comes within the time. */
  ask(query: Message, withinMs: number): Promise<Asked | undefined>;
}

export interface AskerOptions {
  readonly server: string;
  /** The client's own address. */
  readonly from: string;
}

export async function openAsker({ server, from }: AskerOptions): Promise<Asker> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
  const waiting = new Map<number, (octets: Uint8Array | undefined) => void>();
  let lastId = 0;
  socket.on('message', octets => waiting.get(octets.readUInt16BE(0))?.(octets));
  // A port that is closed (yet) is silence.
  socket.on('error', () => undefined);
  socket.bind({ address: from });
  await once(socket, 'listening');
  return {
    async ask(query, withinMs) {
      do lastId = (lastId + 1) & 0xffff;
      while (waiting.has(lastId));
      const id = lastId;
      const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
      const timer = setTimeout(() => resolve(undefined), withinMs);
      waiting.set(id, resolve);
      const startedMs = performance.now();
      socket.send(encodeMessage({ ...query, id }), 53, server, () => undefined);
      const octets = await promise;
      clearTimeout(timer);
      waiting.delete(id);
      if (!octets) return undefined;
      return { message: readable(octets), ms: performance.now() - startedMs };
    },
    async [Symbol.asyncDispose]() {
      for (const resolve of waiting.values()) resolve(undefined);
      socket.close();
    },
  };
}

function readable(octets: Uint8Array): Message {
  try {
    return decodeMessage(octets);
  } catch (error) {
    if (error instanceof WireFault) throw new Error(`a reply that is no message: ${error.message}`);
    throw error;
  }
}

/** Whether the reply holds the one address of the host, and nothing else. */
export function isRight({ rcode, answers }: Message, { address }: Host): boolean {
  const [record] = answers;
  if (!record || answers.length > 1 || rcode !== rcodes.NOERROR) return false;
  const { type, rdata } = record;
  return type === recordTypes.A && rdata.kind === 'A' && rdata.address.join('.') === address;
}
