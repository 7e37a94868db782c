/**
 * Graceful restart (RFC 4724, RFC 9494): a neighbour that helps keeps the routes of a router that is gone. For a PoP that
 * is a black hole, so our side must not offer it. What the neighbour offers of its own does no harm.
 */
import type { Examination } from '../examination.ts';
import { type Finding, pass, skip, warn } from '../finding.ts';
import type { SeenSession } from '../router-probe.ts';

export const gracefulRestartExamination: Examination = {
  name: 'graceful-restart',
  looksAt: 'graceful restart',
  needs: 'pop',
  async examine(_slice, { host }) {
    const sight = await host.router();
    if (sight.state !== 'seen') return [skip('graceful restart', sight.why)];
    return sight.router.sessions.filter(({ isEstablished }) => isEstablished).map(judgeRestart);
  },
};

export function judgeRestart({ neighbour, family, restart }: SeenSession): Finding {
  const about = `${neighbour} IPv${family}`;
  const { ours, neighbours } = restart;
  if (ours.longLived || (ours.seconds ?? 0) > 0) {
    const span = ours.longLived ? 'for hours' : `for ${ours.seconds} s`;
    return warn(about, `our router offers it: the neighbour keeps a dead PoP's routes ${span}`, {
      advice: 'switch graceful restart and its long-lived form off in the router of the PoP',
    });
  }
  const theirs = [
    ...(neighbours.seconds === undefined ? [] : ['graceful restart']),
    ...(neighbours.longLived ? ['long-lived graceful restart'] : []),
  ];
  const spoken = theirs.length > 0 ? `; the neighbour speaks ${theirs.join(' and ')}` : '';
  return pass(about, `not offered by us${spoken}`);
}
