import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCounters } from '../../../src/resolver/counters.ts';
import { createExchangeCounters } from '../../../src/resolver/exchange/exchange-counters.ts';
import { createIteratorCounters } from '../../../src/resolver/iterator/iterator-counters.ts';
import {
  GatheredNumbers,
  SharedNumbers,
  WorkerGathering,
  workerNumbers,
} from '../../../src/resolver/workers/worker-numbers.ts';

/** A worker that has asked, shed and cached so much. */
function openWorker(sums: GatheredNumbers) {
  const counters = createCounters();
  const recursion = {
    exchange: createExchangeCounters(),
    iterator: createIteratorCounters(),
    flights: { circles: 0, shed: 0 },
    now: { questions: 0, delegations: 0, serversKnown: 0 },
  };
  const shared = new SharedNumbers(SharedNumbers.allocate());
  const gathering = new WorkerGathering();
  return {
    shared,
    gathering,
    tick(sent: number, shed: number, entries: number): void {
      recursion.exchange.sent.udp = sent;
      counters.upstream.shed = shed;
      const rrsets = { entries, octets: 2 * entries, maxOctets: 1000, evictions: 0 };
      shared.tick(workerNumbers({ counters, rrsets, sources: { questions: 1, recursion } }));
      gathering.gatherInto(sums, shared);
    },
  };
}

describe('the numbers of workers', () => {
  it('add up, and are told to the resolver once', () => {
    const sums = new GatheredNumbers();
    const [first, second] = [openWorker(sums), openWorker(sums)];
    const counters = createCounters();
    counters.upstream.shed = 5;
    first.tick(10, 1, 100);
    second.tick(20, 2, 200);
    sums.tellNews(counters);
    sums.tellNews(counters);
    assert.equal(counters.upstream.shed, 8);
    first.tick(11, 1, 50);
    sums.tellNews(counters);
    assert.equal(counters.upstream.shed, 8);
    sums.setNow([first.shared, second.shared]);
    const { counts, now } = sums.numbers;
    assert.equal(counts.recursion.exchange.sent.udp, 31);
    assert.deepEqual(now.rrsets, { entries: 250, octets: 500, maxOctets: 2000 });
    assert.equal(now.questions, 2);
  });

  it('go on from where they were when another begins to count', () => {
    const sums = new GatheredNumbers();
    const worker = openWorker(sums);
    worker.tick(10, 0, 1);
    // A reload: recursion is another, which has sent nothing yet.
    worker.tick(3, 0, 1);
    assert.equal(sums.numbers.counts.recursion.exchange.sent.udp, 13);
    // The thread is another.
    worker.gathering.restart();
    worker.tick(20, 0, 1);
    assert.equal(sums.numbers.counts.recursion.exchange.sent.udp, 33);
    assert.equal(worker.shared.ticks, 3);
  });
});
