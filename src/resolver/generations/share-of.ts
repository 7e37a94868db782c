/** Limits that hold for the whole process, where several threads do the work: each has an equal share, rounded up. Pure. */

/** `keys` are those that are shared out; the others are each thread's as they stand. */
export function shareOf<Limits extends Readonly<Record<keyof Limits, number>>>(
  limits: Limits,
  keys: readonly (keyof Limits)[],
  threads: number,
): Limits {
  if (threads === 1) return limits;
  const shares = keys.map(key => [key, Math.ceil(limits[key] / threads)] as const);
  return { ...limits, ...Object.fromEntries(shares) };
}
