import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { formatEntry } from '../../../src/resolver/cache/dump-format.ts';
import type { KeptRRset } from '../../../src/resolver/cache/rrset-entry.ts';
import type { Reply } from '../../../src/resolver/reply.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { serve } from '../iterator/universe.ts';
import { a, cname, name, question } from '../messages.ts';
import type { UpstreamCall } from '../scripted-upstream.ts';
import { testBudget } from '../work-budgets.ts';
import { openWorkers, scriptedWorker, type WorkersUnderTest } from './workers-under-test.ts';

const hosts = Array.from({ length: 40 }, (_, index) => `host${index}.test.`);
const records = hosts.map((host, index) => a(host, `192.0.2.${index + 1}`));
const flags = { dnssecOk: false, checkingDisabled: false };

function addressesIn({ answers }: Reply): string[] {
  return answers.flatMap(({ rdata }) => (rdata.kind === 'A' ? rdata.address.join('.') : []));
}

/** Fills the caches of all workers. */
async function askForAll({ ask }: WorkersUnderTest): Promise<void> {
  const replies = await Promise.all(hosts.map(host => ask(host)));
  assert.deepEqual(
    replies.map(reply => addressesIn(reply)[0]),
    hosts.map((_, index) => `192.0.2.${index + 1}`),
  );
}

async function keptLines({ workers }: WorkersUnderTest): Promise<number> {
  let kept = 0;
  for await (const entry of workers.rrsets.kept()) kept += entry ? 1 : 0;
  return kept;
}

describe('resolver workers', () => {
  it('share questions out by name, whatever the type and the case of the letters', async () => {
    await using under = await openWorkers({ server: records, workers: 3 });
    await askForAll(under);
    const { seats } = under.workers;
    assert.ok(seats.every(seat => seat.asked > 0));
    const before = seats.map(seat => seat.asked);
    for (const host of ['host7.test.', 'HOST7.test.']) await under.ask(host, { type: 'TXT' });
    assert.deepEqual(seats.map((seat, number) => seat.asked - (before[number] ?? 0)).toSorted(), [0, 0, 2]);
  });

  it('ask once what many ask for at the same time', async () => {
    const held: UpstreamCall[] = [];
    await using under = await openWorkers({ server: call => void held.push(call) });
    const all = Promise.all(Array.from({ length: 100 }, () => under.ask('www.test.')));
    await eventually(() => assert.equal(held.length, 1));
    // A hundred are under way, and one question to the server.
    const underWay = under.workers.seats.reduce((sum, seat) => sum + seat.underWay, 0);
    assert.equal(underWay, 100);
    const zone = { origin: '.', records: [a('www.test.', '192.0.2.1')] };
    for (let call = held.shift(); call; call = held.shift()) call.send(serve(zone, call.query));
    await eventually(() => {
      for (let call = held.shift(); call; call = held.shift()) call.send(serve(zone, call.query));
      assert.equal(
        under.workers.seats.reduce((sum, seat) => sum + seat.underWay, 0),
        0,
      );
    });
    for (const reply of await all) assert.deepEqual(addressesIn(reply), ['192.0.2.1']);
    // The root, for the shortened name and for the whole.
    assert.equal(under.server.calls.length, 2);
  });

  it('take what they spend from the budget of the query, whichever of them does', async () => {
    await using under = await openWorkers({ server: records, workers: 4 });
    const budget = testBudget({ packets: 12 });
    let spent = 0;
    let exhausted: Reply | undefined;
    for (const host of hosts) {
      const asked = under.server.calls.length;
      const reply = await under.ask(host, { budget });
      spent += under.server.calls.length - asked;
      if (reply.rcode === rcodes.SERVFAIL) {
        exhausted = reply;
        break;
      }
      assert.equal(budget.spent('packets'), spent);
      assert.ok(budget.spent('bytes') > 0);
    }
    assert.equal(spent, 12);
    assert.equal(budget.exhausted, 'packets');
    assert.match(Buffer.from(exhausted?.options[0]?.data ?? []).toString(), /budget exhausted: packets/);
    assert.throws(() => budget.spend('bytes', 0), { limit: 'packets' });
    assert.ok(under.workers.seats.filter(seat => seat.asked > 0).length > 1);
    await eventually(() => {
      under.workers.gather();
      assert.equal(under.counters.exhausted.packets, 1);
    });
    // Whoever has nothing left gets nothing, unless it is there already.
    assert.equal((await under.ask('host39.test.', { budget })).rcode, rcodes.SERVFAIL);
    assert.equal(under.server.calls.length, 12);
  });

  it('give up a question when its time is over, and say so', async () => {
    await using under = await openWorkers({ server: () => undefined });
    const budget = testBudget({ timeMs: 300 });
    const { rcode, options } = await under.ask('www.test.', { budget });
    assert.equal(rcode, rcodes.SERVFAIL);
    assert.equal(options.length, 1);
    assert.equal(budget.exhausted, 'time');
  });

  it('forget what they are told to before they answer what is asked after', async () => {
    await using under = await openWorkers({
      server: [cname('alias.test.', 'www.test.'), a('www.test.', '192.0.2.1')],
    });
    const aliased = await under.ask('alias.test.');
    assert.equal(aliased.answers.length, 2);
    const asked = under.server.calls.length;
    await under.ask('alias.test.');
    assert.equal(under.server.calls.length, asked);
    // Both are with the worker of the question, wherever a question for the target would go.
    const { rrsets } = under.workers;
    const { type } = question('alias.test.');
    rrsets.forget(name('alias.test.'), type, name('alias.test.'));
    for (const record of aliased.answers) rrsets.forget(record.name, record.type, name('alias.test.'));
    await under.ask('alias.test.');
    assert.ok(under.server.calls.length > asked);
  });

  it('are flushed, dumped and loaded as one cache', async () => {
    await using under = await openWorkers({ server: records });
    await askForAll(under);
    const { rrsets } = under.workers;
    await eventually(() => assert.ok(rrsets.size.entries >= hosts.length));
    const kept: KeptRRset[] = [];
    for await (const entry of rrsets.kept()) if (entry) kept.push(entry);
    assert.equal(kept.length, rrsets.size.entries);
    assert.equal(await rrsets.drop({ kind: 'name', name: name('host3.test.') }), 1);
    assert.equal(await rrsets.drop({ kind: 'zone', name: name('test.') }), kept.length - 1);
    assert.equal(await keptLines(under), 0);
    const taken = await Promise.all(kept.map(entry => rrsets.restore(entry)));
    // What both have learnt goes to one of them.
    const distinct = new Set(
      kept.map(entry => formatEntry({ kind: 'rrset', kept: { ...entry, ageS: 0 } }, false)),
    );
    assert.equal(taken.filter(isTaken => isTaken).length, distinct.size);
    const again = await Promise.all(kept.map(entry => rrsets.restore(entry)));
    assert.deepEqual(new Set(again), new Set([false]));
    const asked = under.server.calls.length;
    await askForAll(under);
    assert.equal(under.server.calls.length, asked);
    rrsets.clear();
    assert.equal(await keptLines(under), 0);
  });

  it('end a dump that nobody goes on with when there are too many', async () => {
    await using under = await openWorkers({
      server: Array.from({ length: 800 }, (_, index) => a(`host${index}.test.`, '192.0.2.1')),
      workers: 1,
    });
    await Promise.all(Array.from({ length: 800 }, (_, index) => under.ask(`host${index}.test.`)));
    const first = under.workers.rrsets.kept();
    await first.next();
    for (let number = 0; number < 6; number += 1) await under.workers.rrsets.kept().next();
    await assert.rejects(
      async () => {
        for await (const _ of first);
      },
      { code: 'busy' },
    );
    assert.ok((await keptLines(under)) >= 800);
  });

  it('keep to the room that all of them have', async () => {
    await using under = await openWorkers({ server: records });
    await askForAll(under);
    const { rrsets } = under.workers;
    rrsets.resize(65_536);
    await eventually(() => assert.equal(rrsets.size.maxOctets, 65_536));
    rrsets.resize(2048);
    await eventually(() => assert.ok(rrsets.size.octets <= 2048 && rrsets.size.evictions > 0));
  });

  it('add up what each of them counts, also of those that are no more', async () => {
    await using under = await openWorkers({ server: records });
    await askForAll(under);
    const sent = (): number => under.sources.status.recursion.exchange.sent.udp;
    await eventually(() => assert.equal(sent(), under.server.calls.length));
    await Promise.all(under.workers.seats.map(seat => seat.end()));
    await eventually(() =>
      assert.deepEqual(
        under.workers.seats.map(({ losses }) => losses),
        [1, 1],
      ),
    );
    // Until others have their seats.
    await eventually(() => askForAll(under));
    await eventually(() => assert.equal(sent(), under.server.calls.length));
  });
});

describe('a resolver worker', () => {
  it('that is lost is replaced; what it had under way is answered, and so is what comes after', async () => {
    const lines: string[] = [];
    const log = createLog('resolver', 'fra', 'silent');
    log.error = (_fields: unknown, line?: string) => void lines.push(line ?? '');
    let isSilent = true;
    await using under = await openWorkers({
      server: call => {
        if (!isSilent) call.send(serve({ origin: '.', records }, call.query));
      },
      workers: 1,
      log,
      module: scriptedWorker,
    });
    const waiting = hosts.slice(0, 10).map(host => under.ask(host));
    await eventually(() => assert.ok(under.server.calls.length > 0));
    const last = under.ask('exit.test.');
    for (const reply of await Promise.all([...waiting, last])) {
      assert.equal(reply.rcode, rcodes.SERVFAIL);
      assert.equal(reply.isCacheable, undefined);
    }
    isSilent = false;
    await eventually(async () =>
      assert.deepEqual(addressesIn(await under.ask('host1.test.')), ['192.0.2.2']),
    );
    const [seat] = under.workers.seats;
    assert.deepEqual([seat?.losses, seat?.lostQuestions], [1, 11]);
    assert.deepEqual(lines, ['resolver worker lost']);
  });

  it('that hangs is replaced after so many heartbeats, however long they are apart', async () => {
    const lines: string[] = [];
    const log = createLog('resolver', 'fra', 'silent');
    log.error = (_fields: unknown, line?: string) => void lines.push(line ?? '');
    await using under = await openWorkers({ server: records, workers: 1, log, module: scriptedWorker });
    const [seat] = under.workers.seats;
    assert.ok(seat);
    await eventually(() => assert.ok(seat.numbers.ticks > 0));
    // One that ticks hangs at nothing.
    for (let round = 0; round < 3; round += 1) {
      const { ticks } = seat.numbers;
      for (let count = 0; count < 15; count += 1) under.workers.beat();
      await eventually(() => assert.ok(seat.numbers.ticks > ticks));
      under.workers.beat();
    }
    const hung = under.ask('hang.test.');
    // The worker says nothing of it: it stands still from one look to the next but one.
    await eventually(
      () => {
        const { ticks } = seat.numbers;
        const untilMs = performance.now() + 300;
        while (performance.now() < untilMs);
        assert.equal(seat.numbers.ticks, ticks);
      },
      { every: 60 },
    );
    for (let count = 0; count < 20; count += 1) under.workers.beat();
    assert.deepEqual(lines, []);
    under.workers.beat();
    assert.equal((await hung).rcode, rcodes.SERVFAIL);
    await eventually(async () =>
      assert.deepEqual(addressesIn(await under.ask('host1.test.')), ['192.0.2.2']),
    );
    assert.deepEqual(lines, ['resolver worker hangs', 'resolver worker lost']);
    assert.equal(seat.losses, 1);
  });

  it('that wants more memory than a worker may have is replaced, and nothing else ends', async () => {
    await using under = await openWorkers({
      server: records,
      workers: 1,
      resolver: ['cache: { maxBytes: 65536 }'],
      module: scriptedWorker,
    });
    assert.equal((await under.ask('hoard.test.')).rcode, rcodes.SERVFAIL);
    await eventually(async () =>
      assert.deepEqual(addressesIn(await under.ask('host1.test.')), ['192.0.2.2']),
    );
  });

  it('that cannot begin refuses the start', async () => {
    await assert.rejects(openWorkers({ server: records, module: new URL('./none.ts', import.meta.url) }));
  });

  it('has its share of the questions that may be under way, and more are answered at once', async () => {
    await using under = await openWorkers({ server: () => undefined, questionLimit: 199 });
    const [ask, budget] = [under.sources, testBudget()];
    const asked = Array.from({ length: 150 }, () => ask.resolve(question('www.test.'), flags, budget));
    const atOnce = asked.filter(outcome => !(outcome instanceof Promise));
    assert.equal(atOnce.length, 50);
    assert.equal(under.counters.upstream.shed, 50);
    await under.sources[Symbol.asyncDispose]();
    await Promise.all(asked);
  });
});

describe('sources in workers', () => {
  it('are replaced without a question being lost, and what those before learn stays with them', async () => {
    const held: UpstreamCall[] = [];
    let isHeld = true;
    await using under = await openWorkers({
      server: call => {
        if (isHeld) held.push(call);
        else call.send(serve({ origin: '.', records }, call.query));
      },
    });
    const before = hosts.map(host => under.ask(host));
    await eventually(() => assert.ok(held.length > 0));
    const next = under.workers.open(under.with({ upstreamTimeout: 500 }), under.sources);
    under.sources.part(under.workers.rrsets.room.limits);
    under.workers.rrsets.clear();
    isHeld = false;
    for (const call of held) call.send(serve({ origin: '.', records }, call.query));
    const replies = await Promise.all(before);
    assert.deepEqual(
      replies.map(reply => addressesIn(reply)[0]),
      hosts.map((_, index) => `192.0.2.${index + 1}`),
    );
    assert.equal(await keptLines(under), 0);
    await under.sources[Symbol.asyncDispose]();
    const after = await Promise.all(hosts.map(host => under.ask(host, { of: next })));
    assert.ok(after.every(({ rcode }) => rcode === rcodes.NOERROR));
    assert.ok((await keptLines(under)) >= hosts.length);
    await next[Symbol.asyncDispose]();
  });

  it('answer what is under way when they are ended', async () => {
    await using under = await openWorkers({ server: () => undefined });
    const waiting = hosts.map(host => under.ask(host));
    await eventually(() => assert.ok(under.server.calls.length > 0));
    await under.sources[Symbol.asyncDispose]();
    for (const reply of await Promise.all(waiting)) assert.equal(reply.rcode, rcodes.SERVFAIL);
  });

  it('are refused for what own ones would be refused for, before a worker hears of them', async () => {
    await using under = await openWorkers({ server: records });
    const { recursion } = under.slice.config.resolver;
    const wrong = under.with({ recursion: { ...recursion, rootHints: '/nowhere/named.root' } });
    assert.throws(() => under.workers.open(wrong, under.sources), { code: 'environment' });
    const { cache } = under.slice.config.resolver;
    const large = under.with({ cache: { ...cache, maxBytes: 2 ** 34 } });
    assert.throws(() => under.workers.open(large, under.sources), { hint: /restart the resolver/ });
    await askForAll(under);
    assert.deepEqual(
      under.workers.seats.map(({ losses }) => losses),
      [0, 0],
    );
  });
});
