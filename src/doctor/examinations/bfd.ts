/**
 * BFD towards each neighbour. A BGP session comes up without it, so that nobody notices when the neighbour has none; then
 * only the hold time notices a frozen router or a link that swallows packets.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Examination } from '../examination.ts';
import { type Finding, pass, skip, warn } from '../finding.ts';
import type { SeenSession } from '../router-probe.ts';

export const bfdExamination: Examination = {
  name: 'bfd',
  looksAt: 'BFD',
  needs: 'pop',
  async examine(slice, { host }) {
    const sight = await host.router();
    if (sight.state !== 'seen') return [skip('BFD', sight.why)];
    return sight.router.sessions
      .filter(({ isEstablished }) => isEstablished)
      .map(session => judgeBfd(slice, session, sight.probe.kind));
  },
};

export function judgeBfd({ pop, config }: PopSlice, session: SeenSession, router: string): Finding {
  const about = `${session.neighbour} IPv${session.family}`;
  const { bfd } = config.bgp;
  const neighbour = pop.neighbours.find(({ name }) => name === session.neighbour);
  const blind = `a frozen neighbour or a silent link is noticed after ${session.holdSeconds ?? '?'} s`;
  if (session.bfd === 'up') {
    const ms = session.bfdTimeoutMs;
    return pass(about, ms === undefined ? 'up' : `up: silence is noticed within ${ms} ms`);
  }
  if (router !== 'bird') {
    return warn(about, `this router runs no BFD: ${blind}`, { advice: 'driver: bird has it' });
  }
  if (bfd === 'off' || neighbour?.bfd === 'off') {
    return warn(about, `off in anycast.yaml: ${blind}`, {
      advice: 'bgp.bfd, once the neighbour has it; until then a short bgp.holdTime (3s is the least)',
    });
  }
  return warn(about, `down while BGP is up: the neighbour has none, and ${blind}`, {
    advice:
      'ask the neighbour for BFD (single hop, UDP port 3784), or write bfd: off and a short bgp.holdTime',
  });
}
