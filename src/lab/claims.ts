/** What many drills claim of their outcome. Pure. */
import type { AnycastConfig } from '../config/anycast-config.ts';
import type { Claim, DatedEvent, Outcome } from './drill.ts';
import type { Catchment, CatchmentEntry } from './prober/analysis.ts';

/** The claims of a drill that takes one PoP out of service. */
export function commonClaims(outcome: Outcome): Claim[] {
  return [allMove(outcome), allReturn(outcome), nothingLostOnReturn(outcome), othersStay(outcome)];
}

/** No client went longer than `boundMs` without a good answer. */
export function gapWithin(boundMs: number, outcome: Outcome): Claim {
  return {
    claim: `no client waits longer than ${boundMs} ms`,
    ok: outcome.longestGapMs <= boundMs,
    observed: `longest gap ${outcome.longestGapMs.toFixed(1)} ms`,
  };
}

export function nothingLost({ probes }: Outcome): Claim {
  return { claim: 'no query is lost', ok: probes.lost === 0, observed: `${probes.lost} lost` };
}

/** Every client of the PoP had its last good answer, while the fault lasted, from another one. */
export function allMove({ pop, catchment }: Outcome): Claim {
  const stuck = clientsWhere(catchment.after, entry => entry.pop === null || entry.pop === pop);
  return {
    claim: `every client of ${pop} is answered by another PoP`,
    ok: stuck.length === 0,
    observed: stuck.length === 0 ? 'all moved' : `not moved: ${stuck.join(', ')}`,
  };
}

export function allReturn({ pop, returnedMs }: Outcome): Claim {
  return {
    claim: `every client of ${pop} returns when the fault is healed`,
    ok: returnedMs !== null,
    observed: returnedMs === null ? 'did not return in time' : `after ${returnedMs.toFixed(0)} ms`,
  };
}

function nothingLostOnReturn({ lostOnReturn }: Outcome): Claim {
  return {
    claim: 'no query is lost on the way back',
    ok: lostOnReturn === 0,
    observed: `${lostOnReturn} lost`,
  };
}

export function othersStay(outcome: Outcome): Claim {
  const { othersWithdrew } = outcome;
  return {
    claim: 'no other PoP withdraws',
    ok: othersWithdrew.length === 0,
    observed: othersWithdrew.length === 0 ? 'none did' : sayingWhy(othersWithdrew, outcome),
  };
}

/** Neither the agents nor the neighbours saw a service route go, of any PoP. */
export function nobodyWithdraws(outcome: Outcome): Claim {
  const { routes, events } = outcome;
  const gone = Object.keys(routes).filter(
    pop => routes[pop]?.leftMs !== null || events[pop]?.some(event => event.outcome === 'withdrawn'),
  );
  return {
    claim: 'no PoP withdraws',
    ok: gone.length === 0,
    observed: gone.length === 0 ? 'none did' : sayingWhy(gone, outcome),
  };
}

/** The PoPs, each with what its agent decided and what became of its sessions when its routes went. */
export function sayingWhy(pops: readonly string[], { events }: Pick<Outcome, 'events'>): string {
  return pops.map(pop => `${pop} (${whyGone(events[pop] ?? [])})`).join('; ');
}

function whyGone(events: readonly DatedEvent[]): string {
  const decided = events.find(({ kind, announced }) => kind === 'decision' && announced?.length === 0);
  const session = events.find(({ kind, state }) => kind === 'session' && state !== 'established');
  const told = [decided, session].flatMap(event => (event ? [sentenceOf(event)] : []));
  return told.length > 0 ? told.join(', ') : 'its agent tells of no reason';
}

/** Not every fault can be kept from clients: what they were told of it is reported, and that they were told something at all. */
export function clientsMayLose({ probes: { lost, errors, refused, silent } }: Outcome): Claim {
  return {
    claim: 'clients that lose are answered with an error',
    ok: lost === 0 || errors > 0,
    observed: `${errors} errors, ${refused} refused, ${silent} without any answer`,
  };
}

/** No neighbour forwards to the PoP after `boundMs`. */
export function goneWithin(boundMs: number, { pop, spans: { neighbourMs } }: Outcome): Claim {
  return {
    claim: `no neighbour forwards to ${pop} after ${boundMs} ms`,
    ok: neighbourMs !== null && neighbourMs <= boundMs,
    observed: neighbourMs === null ? 'one still does' : `gone after ${neighbourMs.toFixed(0)} ms`,
  };
}

/** The neighbours of these PoPs kept their routes to the fallback prefixes, and with them the BGP sessions. */
export function fallbackStays(pops: readonly string[], { routes }: Outcome): Claim {
  const changed = pops.filter(pop => routes[pop]?.fallbackChanges !== 0);
  return {
    claim: 'sessions and fallback prefixes stay',
    ok: changed.length === 0,
    observed: changed.length === 0 ? 'no neighbour changed a route' : `changed towards ${changed.join(', ')}`,
  };
}

/** While the fault lasted, the clients of before were served by their own PoPs. */
export function clientsStay({ catchment: { before, after } }: Outcome): Claim {
  const moved = clientsWhere(after, (entry, client, family) => entry.pop !== before[client]?.[family]?.pop);
  return {
    claim: 'every client stays with its PoP',
    ok: moved.length === 0,
    observed: moved.length === 0 ? 'all stayed' : `not so: ${moved.join(', ')}`,
  };
}

/** An agent wrote down something, at the PoP of the drill or at each of `pops`. */
export function wroteDown(
  claim: string,
  isIt: (event: DatedEvent) => boolean,
  { outcome, pops = [outcome.pop] }: { readonly outcome: Outcome; readonly pops?: readonly string[] },
): Claim {
  const found = pops.map(pop => outcome.events[pop]?.find(isIt));
  const missing = pops.filter((_, index) => found[index] === undefined);
  const [first] = found;
  return {
    claim,
    ok: missing.length === 0,
    observed: missing.length > 0 ? `not in the log of ${missing.join(', ')}` : sentenceOf(first),
  };
}

/**
 * An agent that is gone, or does not get to run, while resolver and router are well: the lease runs out, and the sidecar
 * does what `lease.onAgentLoss` says. `marginMs` is for the sidecar to notice, the router to reconfigure and BGP to tell.
 */
export function agentLossClaims(marginMs: number, outcome: Outcome, config: AnycastConfig): Claim[] {
  const always = [nothingLost(outcome), fallbackStays([outcome.pop], outcome)];
  if (config.lease.onAgentLoss === 'hold')
    return [...always, nobodyWithdraws(outcome), clientsStay(outcome), allReturn(outcome)];
  return [...always, goneWithin(config.lease.duration + marginMs, outcome), ...commonClaims(outcome)];
}

type Family = 'v4' | 'v6';

function clientsWhere(
  catchment: Catchment,
  isSo: (entry: CatchmentEntry, client: string, family: Family) => boolean,
): string[] {
  return Object.entries(catchment)
    .filter(([client, entries]) =>
      (['v4', 'v6'] as const).some(family => {
        const entry = entries[family];
        return entry !== undefined && isSo(entry, client, family);
      }),
    )
    .map(([client]) => client);
}

function sentenceOf(event: DatedEvent | undefined): string {
  if (!event) return '';
  const detail = typeof event.detail === 'string' ? `: ${event.detail}` : '';
  return `${event.kind} after ${event.afterMs.toFixed(0)} ms${detail}`;
}
