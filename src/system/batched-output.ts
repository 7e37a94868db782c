/** Standard output in batches: for a program that prints hundreds of lines a second and should disturb nobody by it. */

/** Milliseconds that a line waits for company at most. */
const batchMs = 50;

export interface BatchedOutput {
  write(text: string): void;
  /** Writes what is left. */
  end(): void;
}

export function batchedOutput(): BatchedOutput {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting !== '') process.stdout.write(waiting);
    waiting = '';
  };
  return {
    write(text) {
      waiting += text;
      timer ??= setTimeout(flush, batchMs);
    },
    end: flush,
  };
}
