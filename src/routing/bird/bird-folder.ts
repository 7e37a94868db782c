/** The files that sidecar, agent and BIRD of one PoP share: `bird/` in the PoP's run directory. */
import { join } from 'node:path';

export interface BirdFolder {
  readonly path: string;
  /** The rules, a copy of `bird-configs/pop/bird.conf`. */
  readonly config: string;
  readonly site: string;
  readonly neighbours: string;
  /** The one file that the agent writes. */
  readonly announced: string;
  readonly controlSocket: string;
}

export function birdFolder(runDirectory: string): BirdFolder {
  const path = join(runDirectory, 'bird');
  return {
    path,
    config: join(path, 'bird.conf'),
    site: join(path, 'site.conf'),
    neighbours: join(path, 'neighbours.conf'),
    announced: join(path, 'announced.conf'),
    controlSocket: join(path, 'bird.ctl'),
  };
}
