/**
 * What a generation that was replaced may still put into the caches, which live on: nothing that its successor would get
 * from elsewhere. Its last queries are answered, and the answers forgotten.
 */
import type { Question } from '../../dns/message.ts';
import type { Reply } from '../reply.ts';
import type { Resolution } from '../resolution.ts';

type Asked = Pick<Question, 'name' | 'type'>;

export class Retirement {
  #isChanged: (question: Asked) => boolean = () => false;

  /** From now on nothing is kept of the questions for which `isChanged` says yes. */
  begin(isChanged: (question: Asked) => boolean): void {
    this.#isChanged = isChanged;
  }

  mayKeep(question: Asked): boolean {
    return !this.#isChanged(question);
  }
}

/** A reply without `isCacheable` is not cached (`reply.ts`). */
export function keepingUntil(retirement: Retirement, resolution: Resolution): Resolution {
  return {
    resolve(question, flags, budget) {
      const outcome = resolution.resolve(question, flags, budget);
      if (!(outcome instanceof Promise)) return outcome;
      return outcome.then(reply => (retirement.mayKeep(question) ? reply : notKept(reply)));
    },
  };
}

function notKept({ isCacheable: _, ...reply }: Reply): Reply {
  return reply;
}
