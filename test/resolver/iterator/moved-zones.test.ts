import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { jumpingClock } from '../../support/jumping-clock.ts';
import { a } from '../messages.ts';
import { replyTo, type UpstreamCall } from '../scripted-upstream.ts';
import { openUniverse, type ServedZone, serve } from './universe.ts';

const refuse = ({ query, send }: UpstreamCall): void => send(replyTo(query, { rcode: rcodes.REFUSED }));
const keepSilent = (): void => undefined;

const labels = ['one', 'two', 'three', 'four', 'five', 'six'];
const leaf: ServedZone = {
  origin: 'leaf.test.',
  records: labels.map(label => a(`${label}.leaf.test.`, '192.0.2.1')),
};

/** leaf.test. is at 12 until it moves to 13; then 12 does as `old` says, and test. 11 knows of the move if it `isTold`. */
async function movingZone(old: (call: UpstreamCall) => void, isTold: boolean) {
  const clock = jumpingClock();
  const state = { hasMoved: false };
  const universe = await openUniverse({
    servers: at => ({
      10: {
        origin: '.',
        records: [],
        delegations: { 'test.': { ns: ['ns.nic.test.'], glue: [a('ns.nic.test.', at(11))] } },
      },
      11: ({ query, send }) => {
        const [server, octet] = state.hasMoved && isTold ? ['new.leaf.test.', 13] : ['old.leaf.test.', 12];
        const delegations = {
          'leaf.test.': { ns: [`${server}`], glue: [a(`${server}`, at(Number(octet)))] },
        };
        send(serve({ origin: 'test.', records: [], delegations }, query));
      },
      12: call => (state.hasMoved ? old(call) : call.send(serve(leaf, call.query))),
      13: leaf,
    }),
    resolver: ['queryTimeout: 2s'],
    clock,
  });
  return { universe, clock, state };
}

describe('a zone that has moved to other servers', () => {
  it('is found there when those before refuse, before the delegation expires, by asking the parent', async () => {
    const { universe, clock, state } = await movingZone(refuse, true);
    await using _ = universe;
    assert.equal((await universe.dig('one.leaf.test.')).answers.length, 1);
    state.hasMoved = true;
    // The delegation is young yet: nobody is asked twice.
    assert.equal((await universe.dig('two.leaf.test.')).status, 'SERVFAIL');
    clock.jump(60_000);
    assert.equal((await universe.dig('three.leaf.test.')).answers.length, 1);
    assert.equal((await universe.dig('four.leaf.test.')).answers.length, 1);
    assert.equal(universe.servers[11]?.calls.length, 2);
    assert.equal(universe.servers[13]?.calls.length, 2);
  });

  it('is found there when those before have gone silent', async () => {
    const { universe, clock, state } = await movingZone(keepSilent, true);
    await using _ = universe;
    assert.equal((await universe.dig('one.leaf.test.')).answers.length, 1);
    state.hasMoved = true;
    for (const label of ['two', 'three', 'four'])
      assert.equal((await universe.dig(`${label}.leaf.test.`)).status, 'SERVFAIL');
    clock.jump(60_000);
    assert.equal((await universe.dig('five.leaf.test.')).answers.length, 1);
    assert.equal(universe.servers[13]?.calls.length, 1);
  });
});

describe('a zone whose servers are of no use and that has not moved', () => {
  it('costs the parent one question a minute, and its servers nothing more', async () => {
    const { universe, clock, state } = await movingZone(refuse, false);
    await using _ = universe;
    assert.equal((await universe.dig('one.leaf.test.')).answers.length, 1);
    state.hasMoved = true;
    clock.jump(60_000);
    const calls = (octet: number): number => universe.servers[octet]?.calls.length ?? 0;
    const before = [calls(11), calls(12)];
    const { status, text } = await universe.dig('two.leaf.test.');
    assert.equal(status, 'SERVFAIL');
    assert.match(text, /EDE: 23/);
    assert.deepEqual([calls(11), calls(12)], [Number(before[0]) + 1, Number(before[1]) + 1]);
    for (const label of ['three', 'four', 'five', 'six']) await universe.dig(`${label}.leaf.test.`);
    assert.deepEqual([calls(11), calls(12)], [Number(before[0]) + 1, Number(before[1]) + 5]);
  });
});
