/** The BGP sessions of anycast.yaml as the router has them: established, and how long a silent neighbour is believed. */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, skip } from '../finding.ts';
import type { SeenSession } from '../router-probe.ts';

export const sessionsExamination: Examination = {
  name: 'sessions',
  looksAt: 'BGP sessions',
  needs: 'pop',
  async examine(slice, { host, runDirectory }) {
    const sight = await host.router();
    if (sight.state !== 'seen') return [skip('sessions', sight.why)];
    const show = (session: SeenSession): string => sight.probe.showSession(session, runDirectory);
    return judgeSessions(slice, sight.router.sessions, show);
  },
};

export function judgeSessions(
  { pop, config }: PopSlice,
  seen: readonly SeenSession[],
  show: (session: SeenSession) => string,
): readonly Finding[] {
  const wantedSeconds = Math.ceil(config.bgp.holdTime / 1000);
  return pop.neighbours.flatMap(({ name, sessions, ttlSecurity, password }) =>
    sessions.map(({ remote }) => {
      const about = `${name} IPv${remote.family}`;
      const session = seen.find(each => each.neighbour === name && each.family === remote.family);
      if (!session) {
        return fail(about, 'the router does not know this session', {
          advice: 'its files are older than anycast.yaml: restart the sidecar, after a drain',
        });
      }
      if (!session.isEstablished) {
        const both = [...(ttlSecurity ? ['GTSM'] : []), ...(password === undefined ? [] : ['the password'])];
        return fail(
          about,
          `not established: ${session.detail}`,
          { run: show(session) },
          ...(both.length > 0 ? [{ advice: `${both.join(' and ')} must be set at the neighbour too` }] : []),
        );
      }
      return judgeHold(about, session.holdSeconds, wantedSeconds);
    }),
  );
}

/** The smaller of both sides' proposals counts (RFC 4271 section 4.2); 0 means for ever. */
function judgeHold(about: string, seconds: number | undefined, wanted: number): Finding {
  if (seconds === undefined) return pass(about, 'established');
  if (seconds === 0) {
    return fail(about, 'established with hold time 0: a dead neighbour is never noticed', {
      advice: 'the neighbour asks for it; agree on another one',
    });
  }
  const lower = seconds < wanted ? `, the neighbour asks for less than our ${wanted} s` : '';
  return pass(about, `established, hold time ${seconds} s${lower}`);
}
