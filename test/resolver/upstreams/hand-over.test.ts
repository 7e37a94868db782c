import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstResult, type Try } from '../../../src/resolver/upstreams/hand-over.ts';

const never = new AbortController().signal;

/** Hands over at once and waits until it is ended. */
function waiting(log: string[], label: string): Try<string> {
  return (signal, handOver) => {
    log.push(label);
    handOver();
    return new Promise(resolve =>
      signal.addEventListener('abort', () => {
        log.push(`${label} ended`);
        resolve(undefined);
      }),
    );
  };
}

describe('trying one after another', () => {
  it('starts the next only when the latest has failed', async () => {
    const started: number[] = [];
    const tries = [undefined, 'found', 'unused'].map(
      (result, index): Try<string> =>
        async () => {
          started.push(index);
          return result;
        },
    );
    assert.equal(await firstResult(tries, never), 'found');
    assert.deepEqual(started, [0, 1]);
  });

  it('lets an earlier try win after it has handed over, and ends the others', async () => {
    const log: string[] = [];
    const early = Promise.withResolvers<string>();
    const tries: Try<string>[] = [
      (_signal, handOver) => {
        handOver();
        return early.promise;
      },
      (signal, handOver) => {
        early.resolve('early');
        return waiting(log, 'late')(signal, handOver);
      },
    ];
    assert.equal(await firstResult(tries, never), 'early');
    assert.deepEqual(log, ['late', 'late ended']);
  });

  it('gives undefined when all have failed, and when there are none', async () => {
    assert.equal(await firstResult([async () => undefined, async () => undefined], never), undefined);
    assert.equal(await firstResult([], never), undefined);
  });

  it('ends everything when the signal aborts, and starts nothing more', async () => {
    const log: string[] = [];
    const abort = new AbortController();
    const patient: Try<string> = signal =>
      new Promise(resolve => signal.addEventListener('abort', () => resolve(undefined)));
    const result = firstResult([waiting(log, 'first'), patient, waiting(log, 'never started')], abort.signal);
    await new Promise(resolve => setImmediate(resolve));
    abort.abort();
    assert.equal(await result, undefined);
    assert.deepEqual(log, ['first', 'first ended']);
  });

  it('throws what a try throws, after ending the others', async () => {
    const log: string[] = [];
    const tries = [waiting(log, 'first'), () => Promise.reject(new Error('broken'))];
    await assert.rejects(firstResult(tries, never), /broken/);
    assert.deepEqual(log, ['first', 'first ended']);
  });
});
