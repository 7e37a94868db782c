/** What a plan needs to know of a container, where everything is at a fixed place. */
import type { PlanSettings } from '../plan-context.ts';

export const containerSettings: PlanSettings = {
  runRoot: '/run/anycast-lab',
  anycast: ['anycast'],
  configPath: '/opt/anycast/anycast.yaml',
  birdConfigs: '/opt/anycast/bird-configs',
  // Containers share nothing but this word, and the zones' keys must be the same in all of them.
  seed: 'docker-compose.yml',
};

/** Where a container that holds a node's network says that the node is set up. */
export function nodeReadyPath(runDirectory: string): string {
  return `${runDirectory}/node-ready`;
}
