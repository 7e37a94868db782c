/** Parsers of option values that more than one verb takes; each throws the fault that names the remedy. */
import { parseDuration } from '../../config/duration.ts';
import { type IpAddress, parseIpAddress } from '../../ip/address.ts';
import { Fault } from '../../system/fault.ts';

/** Collects addresses of a repeatable option. */
export function addressOption(text: string, before: readonly IpAddress[]): readonly IpAddress[] {
  const address = parseIpAddress(text);
  if (!address) throw new Fault('usage', `'${text}' is not an IP address`);
  return [...before, address];
}

export function numberOption(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Fault('usage', `'${text}' is not a number above 0`);
  return value;
}

export function portOption(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Fault('usage', `'${text}' is not a port`, { hint: 'a port is a number from 1 to 65535' });
  return port;
}

/** Milliseconds. */
export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new Fault('usage', `'${text}' is not a duration`, { hint: 'write 500ms, 2s, 1m' });
  return ms;
}
