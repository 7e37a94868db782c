/**
 * Guards the agent's lease: hears renewals, notices when none comes, and then has the routes withdrawn or left.
 *
 * Agent and sidecar are never both at the router. The sidecar touches it only while the lease is taken; a renewal is answered
 * when its work there has ended. The agent applies only while its own clock says that the lease stands, which it counts
 * from before it asked, so earlier than the sidecar does.
 *
 * A sidecar that was away itself finds its timer over and the renewals unread. So what has arrived is heard first.
 */
import { randomUUID } from 'node:crypto';
import { Bell } from '../system/bell.ts';
import type { Clock } from '../system/clock.ts';
import type { ControlHandler, ControlPeer } from '../system/control-socket.ts';
import { Fault } from '../system/fault.ts';
import type { Log } from '../telemetry/log.ts';
import {
  type Lease,
  type LeaseEvent,
  type LeaseOutcome,
  type LeaseTerms,
  step,
  unclaimedLease,
} from './lease.ts';
import { releaseArguments, renewArguments } from './lease-requests.ts';
import type { WithdrawalStep } from './withdraw-all.ts';

export interface LeaseGuardParts {
  /** The PoP; agents of others are refused. */
  readonly pop: string;
  readonly terms: LeaseTerms;
  readonly clock: Clock;
  readonly log: Log;
  /** Process id of the router, once there is one. */
  routerPid(): number | undefined;
  /**
   * Withdraws the host routes and keeps them withdrawn; with `watch` until the signal aborts. Returns when it has no call
   * to the router under way any more.
   */
  withdraw(
    options: { readonly watch: boolean; onStep(step: WithdrawalStep): void },
    signal: AbortSignal,
  ): Promise<void>;
}

/** Turns of the event loop, of so many milliseconds each, in which what has arrived is heard. */
const hearing = { turns: 3, turnMs: 5 };

/** Milliseconds that a lease nobody holds is not looked at: a renewal wakes the guard. */
const idleMs = 3_600_000;

export class LeaseGuard implements AsyncDisposable {
  readonly #parts: LeaseGuardParts;
  /** Tells an agent whether the sidecar it knew is still the same. */
  readonly #sidecar = randomUUID();
  readonly #end = new AbortController();
  readonly #bell = new Bell();
  readonly #watching: Promise<void>;
  #lease: Lease = unclaimedLease;
  /** Process id of the agent in its own namespace, for people. */
  #agentPid: number | undefined;
  #connection: ControlPeer | undefined;
  #work: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  #withdrawal: WithdrawalStep['kind'] | 'under-way' | undefined;
  #counts = { lapses: 0, withdrawalFailures: 0 };

  constructor(parts: LeaseGuardParts) {
    this.#parts = parts;
    this.#watching = this.#watch();
  }

  /** The requests of `sidecar.sock`. */
  handlers(): Readonly<Record<'renew' | 'release' | 'status', ControlHandler>> {
    return {
      renew: (args, peer) => this.#renew(args, peer),
      release: args => this.#release(args),
      status: () => this.#status(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the sidecar is ending'));
    await this.#watching;
    await this.#giveBack();
  }

  async #renew(args: Readonly<Record<string, unknown>>, peer: ControlPeer): Promise<unknown> {
    const { pop, pid, agent, known } = renewArguments(args);
    this.#refuseStrangers(pop);
    const before = this.#lease;
    const knownTerm = known?.sidecar === this.#sidecar ? known.term : undefined;
    const outcome = this.#step({ kind: 'renew', agent, ...(knownTerm !== undefined && { knownTerm }) });
    if (outcome.kind !== 'renewed')
      throw new Fault('busy', `another agent of ${pop} holds the lease: pid ${this.#agentPid}`, {
        hint: 'one agent per PoP: stop the other one',
      });
    const { term } = this.#lease;
    this.#listenTo(peer, agent);
    this.#agentPid = pid;
    this.#bell.ring();
    await this.#giveBack();
    const { log } = this.#parts;
    if (before.state.kind === 'unclaimed') log.info({ agentPid: pid }, 'lease claimed');
    else if (before.state.kind === 'taken') log.info({ agentPid: pid }, 'lease given back to the agent');
    else if (before.state.agent !== agent) log.info({ agentPid: pid }, 'lease goes on with another agent');
    return {
      sidecar: this.#sidecar,
      term,
      durationMs: this.#parts.terms.durationMs,
      ...(outcome.lapsed === undefined ? { lapsed: false } : { lapsed: true, routes: outcome.lapsed }),
    };
  }

  #release(args: Readonly<Record<string, unknown>>): unknown {
    const { pop, agent, routes } = releaseArguments(args);
    this.#refuseStrangers(pop);
    this.#parts.log.info({ agentPid: this.#agentPid, routes }, 'the agent ends');
    this.#step({ kind: 'release', agent, routes });
    return this.#status();
  }

  #status(): unknown {
    const { state, term } = this.#lease;
    const now = this.#parts.clock.monotonicMs();
    return {
      pop: this.#parts.pop,
      pid: process.pid,
      routerPid: this.#parts.routerPid(),
      agentPid: this.#agentPid,
      lease: state.kind,
      term,
      ...this.#counts,
      ...(state.kind !== 'unclaimed' && { forMs: now - state.sinceMs }),
      ...(state.kind === 'held' && {
        remainingMs: Math.max(0, state.untilMs - now),
        agentGone: state.isGone,
      }),
      ...(state.kind === 'taken' && {
        cause: state.cause,
        routes: state.routes,
        withdrawal: this.#withdrawal,
      }),
    };
  }

  #refuseStrangers(pop: string): void {
    if (pop === this.#parts.pop) return;
    throw new Fault('usage', `this is the sidecar of ${this.#parts.pop}, not of ${pop}`, {
      hint: 'is --run-dir the one of the PoP you mean?',
    });
  }

  /** The kernel closes a process's connections when it ends, whatever it ends of. */
  #listenTo(peer: ControlPeer, agent: string): void {
    if (this.#connection === peer) return;
    this.#connection = peer;
    const onClosed = (): void => {
      if (this.#connection !== peer || this.#end.signal.aborted) return;
      this.#connection = undefined;
      this.#step({ kind: 'closed', agent });
    };
    if (peer.closed.aborted) onClosed();
    else peer.closed.addEventListener('abort', onClosed, { once: true });
  }

  #step(event: LeaseEvent): LeaseOutcome {
    const { terms, clock, log } = this.#parts;
    const nowMs = clock.monotonicMs();
    const before = this.#lease.state;
    const { lease, outcome } = step(this.#lease, event, { nowMs, terms });
    this.#lease = lease;
    if (event.kind === 'closed' && before.kind === 'held' && !before.isGone)
      log.warn(
        { agentPid: this.#agentPid, remainingMs: before.untilMs - nowMs },
        'the agent is gone; its routes stay until the lease runs out',
      );
    if (outcome.kind === 'taken') this.#take(outcome.routes);
    return outcome;
  }

  #take(routes: LeaseTerms['onAgentLoss']): void {
    const { log } = this.#parts;
    const isLoss = this.#lease.state.kind === 'taken' && this.#lease.state.cause === 'ran-out';
    if (isLoss) {
      this.#counts.lapses += 1;
      log.error({ agentPid: this.#agentPid, onAgentLoss: routes }, `lease ran out: ${deeds[routes]}`);
    }
    if (routes === 'hold' || this.#end.signal.aborted) return;
    this.#withdrawal = 'under-way';
    const before = this.#work;
    const stop = new AbortController();
    const options = { watch: isLoss, onStep: (each: WithdrawalStep) => this.#onWithdrawalStep(each) };
    const work = async (): Promise<void> => {
      await before?.done;
      await this.#parts.withdraw(options, stop.signal);
    };
    this.#work = { stop, done: work() };
  }

  #onWithdrawalStep(each: WithdrawalStep): void {
    const { log } = this.#parts;
    const { kind, ...fields } = each;
    this.#withdrawal = kind;
    if (kind === 'failed' || kind === 'not-seen') this.#counts.withdrawalFailures += 1;
    log[kind === 'seen' ? 'info' : 'error'](fields, progress[kind]);
  }

  /** Ends what the sidecar does at the router. */
  async #giveBack(): Promise<void> {
    this.#work?.stop.abort(new Error('the agent is back'));
    await this.#work?.done;
  }

  async #watch(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#end;
    try {
      for (;;) {
        await this.#bell.wait(this.#restMs(), clock, signal);
        for (let turn = 0; turn < hearing.turns && this.#restMs() <= 0; turn += 1)
          await clock.sleep(hearing.turnMs, signal);
        this.#step({ kind: 'time' });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #restMs(): number {
    const { state } = this.#lease;
    return state.kind === 'held' ? Math.max(0, state.untilMs - this.#parts.clock.monotonicMs()) : idleMs;
  }
}

const progress = {
  seen: 'withdrawn: the router exports the fallback at most',
  'not-seen': 'withdrawal does not show',
  failed: 'withdrawal failed',
  'came-back': 'host routes came back while no agent holds the lease',
} as const satisfies Record<WithdrawalStep['kind'], string>;

const deeds = {
  withdraw: 'the agent is lost, its host routes are withdrawn',
  hold: 'the agent is lost, its host routes are left as they are',
} as const;
