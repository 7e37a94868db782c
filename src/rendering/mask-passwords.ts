/** A slice for a screen: what is made from it shows that there is a password, and not which. */
import type { PopSlice } from '../config/anycast-config.ts';
import { neighboursWithPassword } from './places.ts';

export const mask = '(hidden)';

export function maskPasswords(slice: PopSlice): PopSlice {
  const hidden = neighboursWithPassword(slice.pop.neighbours);
  const neighbours = slice.pop.neighbours.map(neighbour => {
    if (!hidden.includes(neighbour)) return neighbour;
    const { passwordFile: _file, ...rest } = neighbour;
    return { ...rest, password: mask };
  });
  return { ...slice, pop: { ...slice.pop, neighbours } };
}
