/**
 * edns-tcp-keepalive in replies (RFC 7828): how long this connection is kept without a query.
 *
 * Only for who asked for it, as section 3.3.2 allows, and only over TCP and TLS: over UDP it is to be ignored (section
 * 3.3.1), over HTTP a connection is not DNS's to keep. The time is the one of the moment, which falls as connections
 * fill up; 0 asks the client to leave (section 3.4).
 */
import { type EdnsOption, findOption, optionCodes } from '../../dns/edns.ts';
import type { Message } from '../../dns/message.ts';
import { tcpKeepaliveOption } from '../../dns/options/tcp-keepalive.ts';
import type { Client } from './client.ts';

/** The options of the reply with the keepalive where it belongs. A query's own data in it, which it should not have, is not read. */
export function withKeepalive(
  options: readonly EdnsOption[],
  { edns }: Message,
  { idleMs }: Client,
): readonly EdnsOption[] {
  if (idleMs === undefined || !findOption(edns, optionCodes.tcpKeepalive)) return options;
  return [...options, tcpKeepaliveOption({ timeoutMs: idleMs })];
}
