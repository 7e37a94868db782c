/** What a worker was asked for besides questions, until it answers or is lost. */

interface Request {
  readonly answered: (value: unknown) => void;
  readonly ifLost: unknown;
}

export class WorkerRequests {
  readonly #requests = new Map<number, Request>();
  #lastId = 0;

  /** Its number, and its answer: `ifLost` when none comes. */
  begin<Value>(ifLost: Value): { readonly request: number; readonly answer: Promise<Value> } {
    this.#lastId += 1;
    const { promise, resolve } = Promise.withResolvers<Value>();
    this.#requests.set(this.#lastId, { answered: value => resolve(value as Value), ifLost });
    return { request: this.#lastId, answer: promise };
  }

  answered(request: number, value: unknown): void {
    this.#requests.get(request)?.answered(value);
    this.#requests.delete(request);
  }

  /** No answer comes to any of them. */
  lose(): void {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const { answered, ifLost } of requests) answered(ifLost);
  }
}
