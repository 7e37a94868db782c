/** SADDNS and predictable generators: the port and the id of the next query must not be learned from anything. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { right, TestAuthorities } from '../exchange/authorities-under-test.ts';

const avoided = [3784, 3785, 4784];

describe('ports and ids', () => {
  it('are new for each query to servers that are asked now and then, and lie anywhere', async () => {
    await using under = new TestAuthorities();
    await under.serve(...Array.from({ length: 20 }, () => right));
    for (let round = 0; round < 15; round += 1) {
      await Promise.all(
        under.servers.map((_, index) =>
          under.ask(`n${round}-${index}.test.`, { servers: [under.address(index)] }),
        ),
      );
    }
    const calls = under.servers.flatMap(server => server.calls).filter(call => call.transport === 'udp');
    const ports = calls.map(call => call.from.port);
    assert.equal(ports.length, 300);
    // 300 draws of 64512 make 0.7 pairs; 10 would be one in 10^8.
    assert.ok(new Set(ports).size > 290, `${new Set(ports).size} different ports`);
    assert.ok(new Set(calls.map(call => call.query.id)).size > 290);
    assertSpread(ports.map(port => (port - 1024) / 64_512));
    assertSpread(calls.map(call => call.query.id / 65_536));
    assert.ok(ports.every(port => port >= 1024 && !avoided.includes(port)));
  });

  it('do not follow from the one before', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(right);
    for (let index = 0; index < 400; index += 1) await under.ask(`n${index}.test.`);
    const calls = server?.calls ?? [];
    for (const values of [calls.map(call => call.from.port), calls.map(call => call.query.id)]) {
      const steps = values.slice(1).map((value, index) => (value - (values[index] ?? 0) + 65_536) % 65_536);
      assertSpread(steps.map(step => step / 65_536));
    }
  });

  it('are no two servers the same: what one server sees says nothing of the ports of another', async () => {
    await using under = new TestAuthorities();
    await under.serve(right, right);
    for (let index = 0; index < 300; index += 1) {
      await under.ask(`n${index}.test.`, { servers: [under.address(index % 2)] });
    }
    const [ours = new Set(), theirs = new Set()] = under.servers.map(
      server => new Set(server.calls.map(call => call.from.port)),
    );
    const shared = [...ours].filter(port => theirs.has(port));
    // By chance alone: about 60 times 60 pairs in 64512.
    assert.ok(shared.length <= 4, `${shared.length} shared ports`);
  });

  it('of a busy server are many at a time, each for a few queries', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(right);
    for (let index = 0; index < 640; index += 1) await under.ask(`n${index}.test.`);
    const uses = new Map<number, number>();
    for (const { from } of server?.calls ?? []) uses.set(from.port, (uses.get(from.port) ?? 0) + 1);
    assert.ok(uses.size >= 40, `${uses.size} ports for 640 queries`);
    // A port may be drawn again by chance after its socket has gone.
    assert.ok([...uses.values()].filter(count => count > 16).length <= 1);
    const last = server?.calls.slice(-100).map(call => call.from.port) ?? [];
    assert.ok(new Set(last).size >= 20, `${new Set(last).size} ports in the last 100 queries`);
  });
});

/** Each quarter of the range gets its share: of 300, 75 give or take 7.5; five times that is one in 10^6. */
function assertSpread(shares: readonly number[]): void {
  const quarters = [0, 0, 0, 0];
  for (const share of shares)
    quarters[Math.min(3, Math.floor(share * 4))] = (quarters[Math.floor(share * 4)] ?? 0) + 1;
  const expected = shares.length / 4;
  const tolerance = 5 * Math.sqrt(expected * 0.75);
  for (const count of quarters) assert.ok(Math.abs(count - expected) < tolerance, `quarters of ${quarters}`);
}
