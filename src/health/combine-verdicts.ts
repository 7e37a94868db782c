/**
 * One verdict of many: healthy when enough members are. Pure.
 *
 * With three values the question is what could still be. Enough healthy: healthy, whatever the others say. Too few even
 * if every unknown one were healthy: unhealthy. Else nobody knows. `all` and `any` are the two ends of `need`: with it
 * as many as members, one unhealthy decides; with it 1, one healthy does.
 */
import type { Verdict } from './health-check.ts';

/** A member's name and what it said; undefined while it has said nothing. */
export type MemberVerdict = readonly [name: string, verdict: Verdict | undefined];

/** `need` is from 1 to the number of members. */
export function combineVerdicts(need: number, members: readonly MemberVerdict[]): Verdict {
  const kind = outcome(need, members, ([, verdict]) => verdict?.kind);
  const healthy = members.filter(([, verdict]) => verdict?.kind === 'healthy').length;
  if (kind === 'healthy') return { kind, detail: `${healthy} of ${members.length} healthy` };
  const why = members.filter(([, verdict]) => (verdict?.kind ?? 'unknown') === kind);
  const count = need < members.length ? `${healthy} of ${members.length} healthy, ${need} needed: ` : '';
  const reason = `${count}${why.flatMap(reasonOf).join('; ')}`;
  if (kind === 'unknown') return { kind, reason };
  // At once only if those that cannot be a passing mishap decide it by themselves.
  const atOnce = outcome(need, members, ([, verdict]) =>
    verdict?.kind === 'unhealthy' && verdict.immediate === true ? 'unhealthy' : undefined,
  );
  return { kind, reason, ...(atOnce === 'unhealthy' && { immediate: true }) };
}

function outcome(
  need: number,
  members: readonly MemberVerdict[],
  kindOf: (member: MemberVerdict) => Verdict['kind'] | undefined,
): Verdict['kind'] {
  const kinds = members.map(kindOf);
  const healthy = kinds.filter(kind => kind === 'healthy').length;
  const unhealthy = kinds.filter(kind => kind === 'unhealthy').length;
  if (healthy >= need) return 'healthy';
  return members.length - unhealthy < need ? 'unhealthy' : 'unknown';
}

function reasonOf([name, verdict]: MemberVerdict): string[] {
  if (verdict === undefined) return [`${name}: nothing yet`];
  return verdict.kind === 'healthy' ? [] : [`${name}: ${verdict.reason}`];
}
