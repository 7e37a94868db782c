/** edns-tcp-keepalive (RFC 7828): how long the server keeps an idle TCP connection. Over UDP it means nothing. */
import { type Edns, type EdnsOption, findOption, optionCodes, optionFault } from '../edns.ts';

/** The wire counts in units of 100 milliseconds (RFC 7828 section 3.1). */
const unitMs = 100;
const maxUnits = 0xffff;

export interface TcpKeepalive {
  /** None in a query: it asks for one. */
  readonly timeoutMs?: number;
}

/** Undefined when there is no such option. @throws WireFault `option-malformed` for a length other than 0 and 2. */
export function readTcpKeepalive(edns: Edns | undefined): TcpKeepalive | undefined {
  const data = findOption(edns, optionCodes.tcpKeepalive)?.data;
  if (!data) return undefined;
  if (data.length === 0) return {};
  if (data.length !== 2) throw optionFault(`a keepalive of ${data.length} octets`);
  return { timeoutMs: (((data[0] ?? 0) << 8) | (data[1] ?? 0)) * unitMs };
}

/** `timeoutMs` is rounded down to 100 ms and capped at 6553.5 s. */
export function tcpKeepaliveOption({ timeoutMs }: TcpKeepalive): EdnsOption {
  const code = optionCodes.tcpKeepalive;
  if (timeoutMs === undefined) return { code, data: new Uint8Array(0) };
  const units = Math.min(Math.floor(timeoutMs / unitMs), maxUnits);
  return { code, data: Uint8Array.of(units >> 8, units & 0xff) };
}
