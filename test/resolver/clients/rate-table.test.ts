import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PrefixSlots } from '../../../src/resolver/clients/prefix-slots.ts';
import { RateTable } from '../../../src/resolver/clients/rate-table.ts';

const limits = { perSecond: 100, burst: 50, provenFactor: 10 };

function table(key: readonly [number, number] = [0x1234_5678, 0x9abc_def0]): RateTable {
  return new RateTable(limits, new PrefixSlots(key));
}

function passed(
  rates: RateTable,
  addresses: Iterable<string>,
  { nowMs = 1000, isProven = false } = {},
): number {
  let count = 0;
  for (const address of addresses) count += rates.admit(address, isProven, nowMs) ? 1 : 0;
  return count;
}

const times = (count: number, address: string): string[] => Array<string>(count).fill(address);
const random32 = (): number => Math.floor(Math.random() * 2 ** 32);

describe('the rate of a client prefix', () => {
  it('lets the burst pass at once, and what the rate has earned since', () => {
    const rates = table();
    assert.equal(passed(rates, times(200, '198.18.0.1')), 50);
    assert.equal(passed(rates, times(200, '198.18.0.1'), { nowMs: 1100 }), 10);
    assert.equal(passed(rates, times(200, '198.18.0.1'), { nowMs: 1109.9 }), 0);
    assert.equal(passed(rates, times(200, '198.18.0.1'), { nowMs: 100_000 }), 50);
  });

  it('never lets more than burst + rate x span pass, in any span of any arrivals', () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 40, noNaN: true })), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(gaps, gaps => {
        const rates = table();
        const passedAt: number[] = [];
        let nowMs = 5000;
        for (const gap of gaps) {
          nowMs += gap;
          if (rates.admit('198.18.0.1', false, nowMs)) passedAt.push(nowMs);
        }
        for (const [first, from] of passedAt.entries()) {
          for (let last = first; last < passedAt.length; last += 1) {
            const span = (passedAt[last] ?? 0) - from;
            assert.ok(last - first + 1 <= limits.burst + (span * limits.perSecond) / 1000 + 1e-3);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('takes nothing from a client that asks no faster than the rate', () => {
    const rates = table();
    for (let index = 0; index < 5000; index += 1)
      assert.ok(rates.admit('198.18.0.1', false, 1000 + index * 10), `query ${index}`);
  });

  it('is shared by a network: 32 hosts of an IPv4 /24, and so on up', () => {
    const hosts = (prefix: string): string[] =>
      Array.from({ length: 256 }, (_, host) => times(50, `${prefix}.${host}`)).flat();
    assert.equal(passed(table(), hosts('198.18.0')), 32 * limits.burst);
    const rates = table();
    const ofTheSlash20 = Array.from({ length: 16 }, (_, net) => passed(rates, hosts(`198.18.${net}`)));
    assert.equal(
      ofTheSlash20.reduce((sum, count) => sum + count, 0),
      256 * limits.burst,
    );
  });

  it('is shared by a network: two hosts of an IPv6 /64, three of a /56, four of a /48', () => {
    const ask = (rates: RateTable, addresses: string[]): number =>
      passed(
        rates,
        addresses.flatMap(address => times(50, address)),
      );
    const numbers = Array.from({ length: 40 }, (_, index) => (index + 1).toString(16));
    assert.equal(
      ask(
        table(),
        numbers.map(host => `2001:db8::${host}`),
      ),
      2 * limits.burst,
    );
    assert.equal(
      ask(
        table(),
        numbers.map(net => `2001:db8:0:${net}::1`),
      ),
      3 * limits.burst,
    );
    assert.equal(
      ask(
        table(),
        numbers.map(net => `2001:db8:0:${net}00::1`),
      ),
      4 * limits.burst,
    );
    assert.equal(
      ask(
        table(),
        numbers.map(net => `2001:db8:${net}::1`),
      ),
      40 * limits.burst,
    );
  });

  it('is one and the same for an IPv4 address and its IPv6-mapped form', () => {
    const rates = table();
    assert.equal(passed(rates, times(50, '198.18.0.1')), 50);
    assert.equal(passed(rates, times(50, '::ffff:198.18.0.1')), 0);
  });

  it('is apart, and larger, for clients whose address is proven: a forged flood takes nothing from them', () => {
    const rates = table();
    assert.equal(passed(rates, times(1000, '198.18.0.1')), 50);
    assert.equal(passed(rates, times(10_000, '198.18.0.1'), { isProven: true }), 500);
  });

  it('is one and the same for all tables of one memory, and for an address in words', () => {
    const first = table();
    const second = new RateTable(limits, new PrefixSlots([0x1234_5678, 0x9abc_def0]), first.memory);
    assert.equal(passed(first, times(30, '198.18.0.1')), 30);
    const client = { words: Int32Array.of((198 << 24) | (18 << 16) | 1, 0, 0, 0), wordCount: 1 } as const;
    let count = 0;
    for (let index = 0; index < 50; index += 1) count += second.admitWords(client, false, 1000) ? 1 : 0;
    assert.equal(count, 20);
    assert.equal(passed(first, times(1, '198.18.0.1')), 0);
  });

  it('takes fixed memory, and a flood of forged addresses leaves others what they have', () => {
    const rates = table([random32(), random32()]);
    const { octets } = rates;
    assert.equal(octets, 1_048_576);
    // 40 000 queries a second for two seconds, from everywhere, beside a client at nine tenths of its rate.
    let refused = 0;
    for (let index = 0; index < 80_000; index += 1) {
      const nowMs = 1000 + index / 40;
      const word = random32();
      rates.admit(`${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`, false, nowMs);
      if (index % 444 === 0 && !rates.admit('198.18.0.1', false, nowMs)) refused += 1;
    }
    assert.equal(refused, 0);
    assert.equal(rates.octets, octets);
  });

  it('of one network that floods does nothing to other networks', () => {
    const rates = table([random32(), random32()]);
    for (let host = 0; host < 256; host += 1) passed(rates, times(100, `198.18.0.${host}`));
    const others = Array.from({ length: 10_000 }, (_, index) => `198.19.${index >> 8}.${index & 255}`);
    // 33 full counters in each row: both of another's are among them once in four million.
    assert.ok(passed(rates, others) >= others.length - 2);
  });
});
