/** Asks the upstreams of the name's zone: the end of the pipeline, nothing comes after it. */
import { answerFlags } from '../cache/answer-key.ts';
import type { Policy } from '../policy.ts';

export const forward: Policy = {
  name: 'forward',
  stage: 'resolution',
  create:
    (_slice, { forwarder }) =>
    ({ question, message }) =>
      forwarder.resolve(question, answerFlags(message)),
};
