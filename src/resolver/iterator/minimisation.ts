/**
 * Which name is told to a zone's servers: one label more than they are known to have, not the whole (RFC 9156).
 *
 * Relaxed: whatever a server says of the shortened name but "there is such a name", it is asked for the whole one next;
 * too many answer wrongly for names that only have others below them. Asked for is type A, which nobody has a reason to
 * treat specially, rather than NS (section 2.1).
 */
import { ancestorName, labelCount, type Name } from '../../dns/name.ts';

/** RFC 9156 section 2.3: shortened names asked for at most, and how many of them add one label only. */
const minimiseCount = 10;
const oneLabelCount = 4;

/** How far the name of one question has been shown; new for each question, kept over all its referrals. */
export class Minimisation {
  readonly #name: Name;
  readonly #labels: number;
  #steps = 0;
  #isOver: boolean;

  constructor(name: Name, isOn: boolean) {
    this.#name = name;
    this.#labels = labelCount(name);
    this.#isOver = !isOn;
  }

  /** From here on the whole name is asked for. */
  end(): void {
    this.#isOver = true;
  }

  /** The name to ask for where the first `known` labels, from the right, are known already; the whole one at the end. */
  next(known: number): Name {
    const left = this.#labels - known;
    if (this.#isOver || left <= 1 || this.#steps >= minimiseCount) return this.#name;
    const stepsLeft = minimiseCount - this.#steps;
    // Few labels at first, as most zone cuts are there; then as many as leave room for all within the count.
    const shown = this.#steps < oneLabelCount ? 1 : Math.max(1, Math.ceil(left / stepsLeft));
    this.#steps += 1;
    return shown >= left ? this.#name : ancestorName(this.#name, known + shown);
  }
}
