/**
 * One look-up of a name and type at a time, whoever wants it; and never two that wait for each other.
 *
 * A look-up may need others first: the address of a name server, which may need another. Those that are under way form a
 * graph of who waits for whom. A wait that would close a circle in it is refused, so that delegations that need each other
 * (TsuNAME) fail at once instead of waiting for their time to run out.
 */
import { BudgetExhausted } from '../work-budget.ts';

export interface Flight<Result> {
  /** Made for the first who joins. */
  landing: PromiseWithResolvers<Result> | undefined;
  /** Few at a time, mostly none. */
  readonly waitsFor: Flight<Result>[];
  joiners: number;
}

export interface FlightLimits {
  readonly flights: number;
  readonly joinersPerFlight: number;
  /** Of all flights: each who waits is a query held in memory, some 2 KiB. */
  readonly joiners: number;
}

export const flightLimits: FlightLimits = { flights: 5000, joinersPerFlight: 1000, joiners: 20_000 };

/** `circle`: it waits, by way of others, for the one that asks. `full`: too many are under way, or wait for this one. */
export type Refusal = 'circle' | 'full';

/** Times that a joiner is given another's own failure until it takes it for its own. */
const patience = 2;

export class Flights<Result> {
  readonly #limits: FlightLimits;
  readonly #isLeaders: (result: Result) => boolean;
  readonly #flights = new Map<string, Flight<Result>>();
  #joiners = 0;
  coalesced = 0;
  circles = 0;
  shed = 0;

  /** `isLeaders`: whether a result came of who led the look-up, so that another might fare better. */
  constructor(isLeaders: (result: Result) => boolean, limits: FlightLimits = flightLimits) {
    this.#isLeaders = isLeaders;
    this.#limits = limits;
  }

  get underWay(): number {
    return this.#flights.size;
  }

  /**
   * The result of the look-up under `key`, which `run` begins where nobody has. `by`: the flight that needs it.
   * Where the leader's budget runs out, or it fails for another reason of its own, one of those who joined begins anew.
   * @throws What `run` rejects with.
   */
  take(
    key: string,
    by: Flight<Result> | undefined,
    run: (flight: Flight<Result>) => Promise<Result>,
  ): Promise<Result | Refusal> {
    return this.#flights.has(key) ? this.#join(key, by, run) : this.#lead(key, by, run);
  }

  async #join(
    key: string,
    by: Flight<Result> | undefined,
    run: (flight: Flight<Result>) => Promise<Result>,
  ): Promise<Result | Refusal> {
    let disappointments = 0;
    for (let flight = this.#flights.get(key); flight; flight = this.#flights.get(key)) {
      if (by && reaches(flight, by)) {
        this.circles += 1;
        return 'circle';
      }
      const { joiners, joinersPerFlight } = this.#limits;
      if (flight.joiners >= joinersPerFlight || this.#joiners >= joiners) return this.#full();
      flight.joiners += 1;
      this.#joiners += 1;
      this.coalesced += 1;
      by?.waitsFor.push(flight);
      try {
        flight.landing ??= Promise.withResolvers();
        const result = await flight.landing.promise;
        if (!this.#isLeaders(result) || disappointments === patience) return result;
        disappointments += 1;
      } catch (error) {
        if (!(error instanceof BudgetExhausted)) throw error;
      } finally {
        this.#joiners -= 1;
        waitsNoMore(by, flight);
      }
    }
    return await this.#lead(key, by, run);
  }

  async #lead(
    key: string,
    by: Flight<Result> | undefined,
    run: (flight: Flight<Result>) => Promise<Result>,
  ): Promise<Result | Refusal> {
    if (this.#flights.size >= this.#limits.flights) return this.#full();
    const flight: Flight<Result> = { landing: undefined, waitsFor: [], joiners: 0 };
    // It is there before it runs: what it needs first may be itself.
    this.#flights.set(key, flight);
    by?.waitsFor.push(flight);
    try {
      const result = await run(flight);
      flight.landing?.resolve(result);
      return result;
    } catch (error) {
      flight.landing?.reject(error);
      throw error;
    } finally {
      waitsNoMore(by, flight);
      this.#flights.delete(key);
      // Let go of it: V8 keeps the tables of a busy Map for long, and what hangs from them.
      flight.landing = undefined;
    }
  }

  #full(): Refusal {
    this.shed += 1;
    return 'full';
  }
}

function waitsNoMore<Result>(by: Flight<Result> | undefined, flight: Flight<Result>): void {
  if (by) by.waitsFor.splice(by.waitsFor.indexOf(flight), 1);
}

function reaches<Result>(from: Flight<Result>, to: Flight<Result>): boolean {
  if (from === to) return true;
  for (const next of from.waitsFor) if (reaches(next, to)) return true;
  return false;
}
