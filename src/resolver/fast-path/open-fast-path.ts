/** A thread's fast path, of what `FastSource.sharedFor` gave to whoever started the thread. */
import { PlainAnswers } from './answer-plain.ts';
import type { FastPath } from './fast-path.ts';
import type { FastShared } from './fast-shared.ts';

export function openFastPath(shared: FastShared): FastPath {
  return new PlainAnswers(shared);
}
