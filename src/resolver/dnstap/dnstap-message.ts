/** One observed message as dnstap writes it (dnstap.info, dnstap.proto). */
import { maxMessageSize } from '../../dns/message.ts';
import type { Transport } from '../transport.ts';
import { ProtobufWriter } from './protobuf.ts';

/** Message.Type: those that a recursive resolver has. */
export const messageTypes = {
  resolverQuery: 3,
  resolverResponse: 4,
  clientQuery: 5,
  clientResponse: 6,
  forwarderQuery: 7,
  forwarderResponse: 8,
} as const;

/** They have the response in them, not the query. */
const responses: ReadonlySet<number> = new Set([
  messageTypes.resolverResponse,
  messageTypes.clientResponse,
  messageTypes.forwarderResponse,
]);

/** SocketProtocol. */
const protocols: Readonly<Record<Transport, number>> = { udp: 1, tcp: 2, dot: 3, doh: 4 };

/** Dnstap.Type: the only one there is. */
const typeMessage = 1;

export interface TappedMessage {
  readonly type: (typeof messageTypes)[keyof typeof messageTypes];
  readonly transport: Transport;
  /** Who asks, 4 or 16 octets, and who is asked; the ports where they are known. */
  readonly queryAddress: Uint8Array | undefined;
  readonly queryPort: number | undefined;
  readonly responseAddress: Uint8Array | undefined;
  readonly responsePort: number | undefined;
  /** Milliseconds since 1970, fractional. */
  readonly queryMs: number | undefined;
  readonly responseMs: number | undefined;
  /** The zone whose server is asked, in wire form. */
  readonly zone?: Uint8Array | undefined;
  /** The DNS message: of a query the query, of a response the response. */
  readonly octets: Uint8Array;
}

/** Field numbers of `Message`; a response has its own for time and message. */
const fields = {
  type: 1,
  family: 2,
  protocol: 3,
  queryAddress: 4,
  responseAddress: 5,
  queryPort: 6,
  responsePort: 7,
  queryTime: 8,
  queryMessage: 10,
  queryZone: 11,
  responseTime: 12,
  responseMessage: 14,
} as const;

/** What everything besides the DNS message may take: two addresses, two times, identity and version of 255 octets each. */
const overhead = 1024;

export class DnstapEncoder {
  readonly #identity: Uint8Array;
  readonly #version: Uint8Array;
  readonly #message = new ProtobufWriter(maxMessageSize + overhead);
  readonly #whole = new ProtobufWriter(maxMessageSize + 2 * overhead);

  constructor(identity: string, version: string) {
    this.#identity = new TextEncoder().encode(identity).subarray(0, 255);
    this.#version = new TextEncoder().encode(version).subarray(0, 255);
  }

  /** The octets of a `Dnstap` message; valid until the next call. */
  encode(tapped: TappedMessage): Uint8Array {
    this.#writeMessage(tapped);
    const whole = this.#whole;
    whole.clear();
    whole.bytes(1, this.#identity);
    whole.bytes(2, this.#version);
    whole.bytes(14, this.#message.written);
    whole.number(15, typeMessage);
    return whole.written;
  }

  #writeMessage(tapped: TappedMessage): void {
    const { type, transport, queryAddress, responseAddress, queryPort, responsePort } = tapped;
    const message = this.#message;
    message.clear();
    message.number(fields.type, type);
    // SocketFamily: 1 is IPv4, 2 is IPv6.
    message.number(fields.family, (queryAddress ?? responseAddress)?.length === 16 ? 2 : 1);
    message.number(fields.protocol, protocols[transport]);
    if (queryAddress) message.bytes(fields.queryAddress, queryAddress);
    if (responseAddress) message.bytes(fields.responseAddress, responseAddress);
    if (queryPort !== undefined) message.number(fields.queryPort, queryPort);
    if (responsePort !== undefined) message.number(fields.responsePort, responsePort);
    if (tapped.queryMs !== undefined) this.#writeTime(fields.queryTime, tapped.queryMs);
    if (tapped.zone) message.bytes(fields.queryZone, tapped.zone);
    if (tapped.responseMs !== undefined) this.#writeTime(fields.responseTime, tapped.responseMs);
    message.bytes(responses.has(type) ? fields.responseMessage : fields.queryMessage, tapped.octets);
  }

  /** Seconds, and in the field after it nanoseconds. */
  #writeTime(field: number, ms: number): void {
    const seconds = Math.floor(ms / 1000);
    this.#message.number(field, seconds);
    this.#message.fixed32(field + 1, Math.floor((ms - seconds * 1000) * 1e6));
  }
}
