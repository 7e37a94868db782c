/** A part that consecutive generations have in common: it ends with the last that claims it. */
export class SharedPart<Part extends AsyncDisposable> {
  readonly part: Part;
  /** What it was made of: the next generation takes it over when it would make the same. */
  readonly madeOf: string;
  #claims = 0;

  constructor(part: Part, madeOf: string) {
    this.part = part;
    this.madeOf = madeOf;
  }

  claim(): AsyncDisposable {
    this.#claims += 1;
    return {
      [Symbol.asyncDispose]: async () => {
        this.#claims -= 1;
        if (this.#claims === 0) await this.part[Symbol.asyncDispose]();
      },
    };
  }
}

/** As `takenOver`, of what it takes a while to open. */
export async function takenOverOrOpened<Part extends AsyncDisposable>(
  before: SharedPart<Part> | undefined,
  of: unknown,
  open: () => Promise<Part>,
): Promise<SharedPart<Part>> {
  const madeOf = JSON.stringify(of) ?? '';
  return before?.madeOf === madeOf ? before : new SharedPart(await open(), madeOf);
}

/** The part before, when it is made of the same, else a new one. `of` must be all that `make` looks at. */
export function takenOver<Part extends AsyncDisposable>(
  before: SharedPart<Part> | undefined,
  of: unknown,
  make: () => Part,
): SharedPart<Part> {
  const madeOf = JSON.stringify(of) ?? '';
  return before?.madeOf === madeOf ? before : new SharedPart(make(), madeOf);
}
