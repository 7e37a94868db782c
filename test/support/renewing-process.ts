/**
 * A process that keeps an agent's lease and does nothing else, or announces besides: it can be killed and stopped.
 * Arguments: the run directory, the PoP, and `announce` or `renew`. Prints what it hears of the lease, a line each.
 */
import { randomUUID } from 'node:crypto';
import { LeaseKeeper } from '../../src/agent/lease/lease-keeper.ts';
import { birdDriver } from '../../src/routing/drivers/bird.ts';
import { Bell } from '../../src/system/bell.ts';
import { systemClock } from '../../src/system/clock.ts';
import { v4, v6 } from '../contract/route-driver.ts';

const [runDirectory = '', pop = '', what = ''] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const never = new AbortController().signal;
const bell = new Bell();

await using driver = birdDriver.create(runDirectory);
await using keeper = new LeaseKeeper({
  pop,
  runDirectory,
  durationMs: 3000,
  agent: randomUUID(),
  clock: systemClock,
  record: event => say(event.kind === 'lease' ? `${event.state}: ${event.detail}` : event.kind),
  onLapsed: routes => {
    say(`lapsed ${routes}`);
    bell.ring();
  },
  onFreshSidecar: () => say('fresh sidecar'),
  onChange: () => undefined,
});
if (what === 'announce') bell.ring();
for (;;) {
  await bell.wait(3_600_000, systemClock, never);
  await keeper.held(never);
  await driver.apply([v4, v6], AbortSignal.timeout(5000));
  say('applied');
}
