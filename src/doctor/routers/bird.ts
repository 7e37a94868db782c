/** BIRD as the doctor looks at it: three questions on its control socket. */
import { connectBird } from '../../routing/bird/bird-control.ts';
import { birdFolder } from '../../routing/bird/bird-folder.ts';
import type { RouterProbe } from '../router-probe.ts';
import { birdSessionsIn, birdVersionIn } from '../sessions/bird-sessions.ts';

export const birdProbe: RouterProbe = {
  kind: 'bird',
  program: 'bird',
  versionArguments: ['--version'],
  debianPackage: 'bird2',
  oldest: '2.0.12',
  testedMajors: [2],
  controlSocket: runDirectory => birdFolder(runDirectory).controlSocket,
  async look(_slice, runDirectory, signal) {
    await using control = await connectBird(birdFolder(runDirectory).controlSocket, signal);
    const version = birdVersionIn(await control.command('show status', signal));
    const protocols = await control.command('show protocols all', signal);
    const bfd = await control.command('show bfd sessions', signal);
    return { ...(version !== undefined && { version }), sessions: birdSessionsIn(protocols, bfd) };
  },
  showSession: ({ id }, runDirectory) =>
    `birdc -s ${birdFolder(runDirectory).controlSocket} show protocols all ${id}`,
};
