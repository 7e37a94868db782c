/** Gets the answer from those who have it: the end of the pipeline, nothing comes after it. */
import { answerFlags } from '../cache/answer-key.ts';
import type { Policy } from '../policy.ts';

export const resolve: Policy = {
  name: 'resolve',
  stage: 'resolution',
  create:
    (_slice, { resolution }) =>
    ({ question, message, budget }) =>
      resolution.resolve(question, answerFlags(message), budget),
};
