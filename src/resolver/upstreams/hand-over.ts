/** Tries one thing after another, without giving up on the earlier ones: the first that succeeds ends them all. */
import { ended } from '../../system/ended.ts';

/**
 * One way to get a result. It gives undefined when it has failed, and settles soon after `signal` aborts. It calls
 * `handOver` when the next one should start while it goes on waiting.
 */
export type Try<Result> = (signal: AbortSignal, handOver: () => void) => Promise<Result | undefined>;

/**
 * Gives the first result; undefined when every try has failed or the signal has aborted. The next try is taken from
 * `tries` when the latest has failed or handed over. All have settled when this does.
 * @throws What a try rejected with; the others are ended first.
 */
export async function firstResult<Result>(
  tries: Iterable<Try<Result>>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const end = new AbortController();
  const abort = (): void => end.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const running: Promise<void>[] = [];
  let result: Result | undefined;
  let failure: { readonly error: unknown } | undefined;
  try {
    for (const start of tries) {
      if (end.signal.aborted) break;
      const handedOver = Promise.withResolvers<void>();
      running.push(
        start(end.signal, handedOver.resolve)
          .then(
            found => {
              result ??= found;
              if (result !== undefined) end.abort(ended);
            },
            (error: unknown) => {
              failure ??= { error };
              end.abort(ended);
            },
          )
          .then(handedOver.resolve),
      );
      await Promise.race([handedOver.promise, aborted(end.signal)]);
    }
    await Promise.all(running);
    if (failure) throw failure.error;
    return result;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
