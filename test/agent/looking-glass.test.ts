import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { AgentEvent } from '../../src/agent/event-log.ts';
import { LookingGlass } from '../../src/agent/looking-glass.ts';
import { parseConfig, popOf } from '../../src/config/load-config.ts';
import { hostPrefix } from '../../src/ip/prefix.ts';
import { systemClock } from '../../src/system/clock.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The neighbour selects us while the file is there: test(1) exits 0 or 1 as a looking glass does. */
function glassOf(program: readonly string[]) {
  const { pop, config } = popOf(
    parseConfig(
      `
service: { addresses: [203.0.113.53], asn: 64500 }
resolver: { forward: [{ zone: ., upstreams: [198.18.7.6] }] }
checks: {}
pops:
  fra:
    management: [198.18.1.6]
    routerId: 198.18.1.6
    driver: memory
    neighbours:
      - name: isp
        asn: 64501
        sessions: [{ local: 198.18.1.6, remote: 198.18.1.5 }]
        lookingGlass: ${JSON.stringify(program)}
`,
      'test.yaml',
      { checks: {}, drivers: ['memory'] },
    ),
    'fra',
  );
  const events: AgentEvent[] = [];
  const glass = new LookingGlass({
    neighbours: pop.neighbours,
    prefixes: config.service.addresses.map(hostPrefix),
    clock: systemClock,
    record: event => events.push(event),
    onLook: () => undefined,
  });
  return { glass, events };
}

describe("a neighbour's looking glass", () => {
  it('says yes by exit code 0 and no by 1, and is asked again when what is announced changes', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/selected`;
    await writeFile(file, '');
    const { glass, events } = glassOf(['test', '-e', file]);
    await using open = glass;
    await eventually(() => assert.equal(open.selections().get('isp'), 'yes'));
    await rm(file);
    open.changed();
    await eventually(() => assert.equal(open.selections().get('isp'), 'no'));
    assert.deepEqual(
      events.map(event => event.kind === 'selected' && event.selection),
      ['yes', 'no'],
    );
  });

  it('is waited for by a drain until the neighbour selects another path', async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/selected`;
    await writeFile(file, '');
    const { glass } = glassOf(['test', '-e', file]);
    await using open = glass;
    await eventually(() => assert.equal(open.selections().get('isp'), 'yes'));
    let isOver = false;
    const waiting = open.unselected(AbortSignal.timeout(10_000)).then(() => {
      isOver = true;
    });
    await eventually(() => assert.equal(open.selections().get('isp'), 'yes'));
    assert.equal(isOver, false);
    await rm(file);
    await waiting;
  });

  it('is asked about the prefix, and says nothing when the program is missing or exits otherwise', async () => {
    const asked = glassOf(['test', '{prefix}', '=', '203.0.113.53/32']);
    await using glass = asked.glass;
    await eventually(() => assert.equal(glass.selections().get('isp'), 'yes'));
    for (const program of [['no-such-program-here'], ['sh', '-c', 'exit 3']]) {
      await using silent = glassOf(program).glass;
      await eventually(() => assert.equal(silent.selections().get('isp'), 'unknown'));
    }
  });
});
