/**
 * The name servers that every PoP depends on are gone. Clients get errors wherever they are sent, so nobody withdraws.
 *
 * This is what a shared fault looks like; PoPs that withdrew for it would take the whole service off the Internet.
 */
import { allReturn, clientsMayLose, fallbackStays, nobodyWithdraws, wroteDown } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { cutOffNameservers, reconnectNameservers } from '../faults/nameservers.ts';

/** Milliseconds in which every agent notices, asks its peers, and would have withdrawn. */
const lastsMs = 5000;

export const upstreamLostEverywhere = defineDrill({
  name: 'upstream-lost-everywhere',
  summary: 'no PoP reaches the name servers: nobody withdraws',
  everywhere: true,
  inject: cutOffNameservers,
  isSeen: ({ elapsedMs }) => elapsedMs > lastsMs,
  heal: reconnectNameservers,
  claims: outcome => {
    const pops = Object.keys(outcome.routes);
    return [
      nobodyWithdraws(outcome),
      fallbackStays(pops, outcome),
      wroteDown(
        'every agent finds out that the fault is everywhere',
        event => event.kind === 'attribution' && event.outcome === 'everywhere',
        { outcome, pops },
      ),
      clientsMayLose(outcome),
      allReturn(outcome),
    ];
  },
});
