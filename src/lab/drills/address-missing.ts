/** Someone takes the service addresses off `lo`: what arrives for them is for nobody, until they are back or it is withdrawn. */

import { hostPrefix } from '../../ip/prefix.ts';
import { Fault } from '../../system/fault.ts';
import { allReturn, gapWithin, othersStay, wroteDown } from '../claims.ts';
import { defineDrill, type Stage } from '../drill.ts';

/** Milliseconds; the agent looks once a second. */
const boundMs = 2000;

export const addressMissing = defineDrill({
  name: 'address-missing',
  summary: 'the service addresses are taken off lo at one PoP',
  inject: async stage => await onLoopback('del', stage),
  isSeen: look => look.allServed(),
  heal: async stage => await onLoopback('replace', stage),
  claims: outcome => [
    gapWithin(boundMs, outcome),
    wroteDown(
      'the agent puts the addresses back',
      ({ kind, outcome: what, afterMs }) =>
        kind === 'address' && what === 'put' && afterMs < outcome.healedMs,
      { outcome },
    ),
    othersStay(outcome),
    allReturn(outcome),
  ],
});

async function onLoopback(
  verb: 'del' | 'replace',
  { lab, pop, signal, serviceAddresses }: Stage,
): Promise<void> {
  for (const address of serviceAddresses) {
    // Without duplicate address detection: an anycast address is a duplicate by design (RFC 4862 section 5.4).
    const flags = verb === 'replace' && address.family === 6 ? ['nodad'] : [];
    const argv = ['ip', 'address', verb, hostPrefix(address).text, 'dev', 'lo', ...flags] as const;
    const { exitCode, stderr } = await lab.exec(pop, argv, { signal });
    if (exitCode !== 0) throw new Fault('environment', `ip at ${pop} said: ${stderr.trim()}`);
  }
}
