import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ResourceRecord } from '../../../src/dns/message.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { createCacheActivity } from '../../../src/resolver/cache/cache-activity.ts';
import { CacheContents, noCounts } from '../../../src/resolver/cache/cache-contents.ts';
import { type DumpHeader, parseEntry, parseHeader } from '../../../src/resolver/cache/dump-format.ts';
import { ranks } from '../../../src/resolver/cache/rrset.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { Fault } from '../../../src/system/fault.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { a, cname, name, ns, question, soa, type TypeName, txt } from '../messages.ts';
import { denial, rrset, rrsetCache } from '../rrsets.ts';
import { testDeployment } from '../test-deployment.ts';

const flags = { dnssecOk: false, checkingDisabled: false };

function caches({ clock = fakeClock(), forward = {} as Record<string, readonly number[]> } = {}) {
  const { slice } = testDeployment({ forward });
  const answers = new AnswerCache(1024 * 1024, 3_600_000);
  const { cache: rrsets } = rrsetCache({ clock });
  const activity = createCacheActivity();
  const contents = new CacheContents({ slice, answers, rrsets, activity, clock });
  const keepAnswer = (
    text: string,
    records: readonly ResourceRecord[],
    { type = 'A' as TypeName, fields = {} as Partial<Reply>, ttlSeconds = 300, kept = flags } = {},
  ): void => {
    const reply = { ...emptyReply(0), answers: records, ...fields };
    answers.keep({ question: question(text, type), flags: kept, reply, ttlSeconds }, clock.wallMs());
  };
  return { answers, rrsets, activity, contents, clock, keepAnswer };
}

async function dumped(contents: CacheContents, isReadable = false): Promise<string[]> {
  let text = '';
  for await (const piece of contents.dump({ isReadable })) text += piece;
  assert.ok(text.endsWith('\n'));
  return text.slice(0, -1).split('\n');
}

function load(contents: CacheContents, [first = '', ...lines]: readonly string[]) {
  const header: DumpHeader = parseHeader(first);
  const counts = noCounts();
  for (const [index, line] of lines.entries()) {
    const entry = parseEntry(line, index + 2);
    if (entry.kind !== 'end') contents.load(header, entry, counts);
  }
  return counts;
}

function filled(clock: FakeClock) {
  const all = caches({ clock });
  all.keepAnswer('www.test.', [cname('www.test.', 'Target.test.'), a('Target.test.', '192.0.2.1')]);
  all.keepAnswer('www.test.', [a('www.test.', '192.0.2.9')], {
    kept: { dnssecOk: true, checkingDisabled: true },
  });
  all.keepAnswer('no.test.', [], { fields: { rcode: 3, authorities: [soa('test.')] } });
  all.rrsets.keep(rrset(ns('test.', 'a.test.'), ns('test.', 'b.test.')), ranks.referral);
  all.rrsets.keepDenial(denial('no.test.'));
  all.rrsets.keepDenial(denial('www.test.', 'AAAA'));
  return all;
}

describe('a dump of the caches', () => {
  it('loads into what it was made of', async () => {
    const clock = fakeClock();
    const lines = await dumped(filled(clock).contents);
    const { contents, answers, activity } = caches({ clock });
    assert.deepEqual(load(contents, lines), { loaded: 6, expired: 0, elsewhere: 0, known: 0 });
    assert.equal(activity.loaded, 6);
    assert.deepEqual(await dumped(contents), lines);
    const found = answers.find(question('www.test.'), flags, clock.wallMs());
    assert.deepEqual(found?.answers, [cname('www.test.', 'Target.test.'), a('Target.test.', '192.0.2.1')]);
    assert.equal(answers.find(question('no.test.', 'MX'), flags, clock.wallMs())?.rcode, 3);
  });

  it('of anything loads into the same, and dumps the same again', async () => {
    const label = fc.stringMatching(/^[a-zA-Z0-9]{1,20}$/);
    const entry = fc.record({
      owner: label.map(text => `${text}.test.`),
      kind: fc.constantFrom('rrset', 'opaque', 'nxdomain', 'nodata', 'answer'),
      octets: fc.uint8Array({ maxLength: 300 }),
      ttl: fc.integer({ min: 1, max: 86_400 }),
      rank: fc.constantFrom(...Object.values(ranks)),
      text: label,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 40 }), async entries => {
        const clock = fakeClock();
        const { contents, rrsets, keepAnswer } = caches({ clock });
        for (const { owner, kind, octets, ttl, rank, text } of entries) {
          const opaque = {
            ...txt(owner, text, ttl),
            type: 65_280,
            rdata: { kind: 'opaque', octets } as const,
          };
          if (kind === 'rrset') rrsets.keep(rrset(txt(owner, text, ttl), txt(owner, `${text}2`, ttl)), rank);
          else if (kind === 'opaque') rrsets.keep(rrset(opaque), rank);
          else if (kind === 'nxdomain') rrsets.keepDenial(denial(owner));
          else if (kind === 'nodata') rrsets.keepDenial(denial(owner, 'MX', { ttl }));
          else keepAnswer(owner, [txt(owner, text, ttl), opaque], { type: 'TXT', ttlSeconds: ttl });
          await clock.advance(100);
        }
        const lines = await dumped(contents);
        const other = caches({ clock });
        load(other.contents, lines);
        assert.deepEqual((await dumped(other.contents)).toSorted(), lines.toSorted());
      }),
      { numRuns: 40 },
    );
  });

  it('counts the time between dumping and loading', async () => {
    const clock = fakeClock();
    const all = caches({ clock });
    all.keepAnswer('long.test.', [a('long.test.', '192.0.2.1', 300)]);
    all.keepAnswer('short.test.', [a('short.test.', '192.0.2.1', 60)], { ttlSeconds: 60 });
    all.rrsets.keep(rrset(a('long.test.', '192.0.2.1', 300)), ranks.answer);
    all.rrsets.keep(rrset(a('short.test.', '192.0.2.1', 60)), ranks.answer);
    await clock.advance(50_000);
    const lines = await dumped(all.contents);
    await clock.advance(10_000);
    const { contents, answers, rrsets } = caches({ clock });
    assert.deepEqual(load(contents, lines), { loaded: 2, expired: 2, elsewhere: 0, known: 0 });
    assert.equal(answers.find(question('long.test.'), flags, clock.wallMs())?.answers[0]?.ttl, 240);
    assert.equal(rrsets.find(name('long.test.'), 1, ranks.answer)?.ttl, 240);
    assert.equal(rrsets.find(name('long.test.'), 1, ranks.authoritativeAnswer), undefined);
  });

  it('never makes an entry younger, even where this machine’s clock is behind', async () => {
    const ahead = fakeClock(2_000_000);
    const lines = await dumped(filled(ahead).contents);
    const { contents, rrsets } = caches({ clock: fakeClock(1_000_000) });
    load(contents, lines);
    assert.equal(rrsets.find(name('test.'), recordTypes.NS, ranks.referral)?.ttl, 300);
  });

  it('does not take the place of what is here and fresh', async () => {
    const clock = fakeClock();
    const lines = await dumped(filled(clock).contents);
    const here = filled(clock);
    here.keepAnswer('www.test.', [a('www.test.', '192.0.2.77')]);
    assert.deepEqual(load(here.contents, lines), { loaded: 0, expired: 0, elsewhere: 0, known: 6 });
    const found = here.answers.find(question('www.test.'), flags, clock.wallMs());
    assert.deepEqual(found?.answers, [a('www.test.', '192.0.2.77')]);
  });

  it('keeps the data of forward zones and of recursion apart', async () => {
    const clock = fakeClock();
    const from = caches({ clock, forward: { 'corp.test.': [0] } });
    from.keepAnswer('www.corp.test.', [a('www.corp.test.', '192.0.2.1')]);
    from.keepAnswer('www.test.', [a('www.test.', '192.0.2.1')]);
    from.rrsets.keep(rrset(a('www.test.', '192.0.2.1')), ranks.answer);
    const lines = await dumped(from.contents);
    const loadedWhere = (forward: Record<string, readonly number[]>) => {
      const { contents } = caches({ clock, forward });
      const { loaded, elsewhere } = load(contents, lines);
      return [loaded, elsewhere];
    };
    assert.deepEqual(loadedWhere({ 'corp.test.': [0] }), [3, 0]);
    assert.deepEqual(loadedWhere({}), [2, 1]);
    assert.deepEqual(loadedWhere({ 'test.': [0] }), [0, 3]);
    assert.deepEqual(loadedWhere({ 'www.corp.test.': [0] }), [2, 1]);
  });

  it('can be read by people', async () => {
    const [, first = ''] = await dumped(filled(fakeClock()).contents, true);
    assert.deepEqual(JSON.parse(first).text, [
      'www.test. 300 IN CNAME Target.test.',
      'Target.test. 300 IN A 192.0.2.1',
    ]);
  });

  it('tells what is in use first', async () => {
    const clock = fakeClock();
    const { contents, rrsets } = caches({ clock });
    for (let index = 0; index < 10; index += 1)
      rrsets.keep(rrset(a(`host-${index}.test.`, '192.0.2.1')), ranks.answer);
    rrsets.find(name('host-7.test.'), 1, ranks.answer);
    rrsets.keep(rrset(a('host-7.test.', '192.0.2.2')), ranks.answer);
    const [, first = ''] = await dumped(contents);
    assert.equal(JSON.parse(first).name, 'host-7.test.');
  });

  it('stops for breath while it is made, and ends although new entries keep coming', async () => {
    const still = fakeClock();
    let monotonicMs = 0;
    const clock = { ...still, monotonicMs: () => (monotonicMs += 1) };
    const { contents, rrsets } = caches({ clock });
    for (let index = 0; index < 2000; index += 1)
      rrsets.keep(rrset(a(`host-${index}.test.`, '192.0.2.1')), ranks.answer);
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      for (let index = 0; index < 100; index += 1)
        rrsets.keep(rrset(a(`new-${turns}-${index}.test.`, '192.0.2.1')), ranks.answer);
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await dumped(contents);
    isOver = true;
    assert.ok(turns > 50, `${turns} turns of the event loop`);
  });
});

describe('a damaged dump', () => {
  const refuses = (line: string, text: RegExp): void =>
    assert.throws(
      () => parseEntry(line, 7),
      error => error instanceof Fault && error.code === 'refused' && text.test(error.message),
    );

  it('is refused with the number of the line', () => {
    refuses('{"kind":"rrset"', /^line 7: is no JSON object/);
    refuses('[]', /^line 7: is no JSON object/);
    refuses('{"kind":"other"}', /^line 7: is of no known kind/);
    const good = { kind: 'rrset', name: 'x.test.', type: 'A', rank: 5, ttl: 300, age: 1, data: 'AATAAAIB' };
    assert.equal(parseEntry(JSON.stringify(good), 7).kind, 'rrset');
    for (const [key, value] of [
      ['name', 'x..test.'],
      ['type', 'NOTYPE'],
      ['rank', 7],
      ['ttl', -1],
      ['ttl', 2 ** 31],
      ['age', 'old'],
      ['data', 'AATAAAI'],
      ['data', 'AAXAAAIB'],
      ['data', ''],
      ['signatures', 'AATAAAIB'],
    ] as const)
      refuses(JSON.stringify({ ...good, [key]: value }), /^line 7: /);
    const proof = Buffer.from('017800 0001 0001 80000000 0004 c0000201'.replaceAll(' ', ''), 'hex');
    refuses(
      JSON.stringify({ kind: 'denial', name: 'x.', ttl: 1, age: 0, proof: proof.toString('base64') }),
      /^line 7: has a TTL over 31 bits in its proof/,
    );
  });

  it('is refused whatever its octets are, and with nothing but a Fault', () => {
    fc.assert(
      fc.property(
        fc.record({
          kind: fc.constantFrom('rrset', 'denial', 'answer'),
          data: fc.base64String(),
          proof: fc.base64String(),
          answers: fc.base64String(),
          type: fc.constantFrom('A', 'SOA', 'TXT', 'NSEC'),
          rest: fc.jsonValue(),
        }),
        ({ rest, ...fields }) => {
          const line = JSON.stringify({
            name: 'x.',
            rank: 5,
            ttl: 1,
            age: 0,
            class: 1,
            rcode: 0,
            ...fields,
            rest,
          });
          try {
            parseEntry(line, 1);
          } catch (error) {
            assert.ok(error instanceof Fault, String(error));
          }
        },
      ),
    );
  });

  it('of another version is refused, saying so', () => {
    const header = { format: 'anycast-cache', version: 2, pop: 'fra', atMs: 0 };
    assert.throws(() => parseHeader(JSON.stringify(header)), /a dump of version 2/);
    assert.throws(() => parseHeader('{}'), /not the first line/);
    assert.throws(() => parseHeader(JSON.stringify({ ...header, version: 1, atMs: 'now' })), /lacks/);
  });
});

describe('flushing', () => {
  const scope = (kind: 'name' | 'zone', text: string) => ({ kind, name: name(text) }) as const;

  it('drops a name, of any type and with any flags, and answers that lead over it', async () => {
    const all = filled(fakeClock());
    all.keepAnswer('alias.test.', [cname('alias.test.', 'WWW.test.'), a('WWW.test.', '192.0.2.1')]);
    all.keepAnswer('below.www.test.', [a('below.www.test.', '192.0.2.1')]);
    assert.equal(await all.contents.flush(scope('name', 'wWw.test.')), 4);
    const now = all.clock.wallMs();
    assert.equal(all.answers.find(question('alias.test.'), flags, now), undefined);
    assert.ok(all.answers.find(question('below.www.test.'), flags, now));
    assert.ok(all.answers.find(question('no.test.'), flags, now));
    assert.equal(all.rrsets.findDenial(name('www.test.'), recordTypes.AAAA), undefined);
  });

  it('drops what has expired and would be served stale', async () => {
    const { contents, answers, keepAnswer, clock } = caches();
    keepAnswer('www.test.', [a('www.test.', '192.0.2.1')]);
    await clock.advance(400_000);
    assert.ok(answers.findLatest(question('www.test.'), flags, clock.wallMs()));
    assert.equal(await contents.flush(scope('name', 'www.test.')), 1);
    assert.equal(answers.findLatest(question('www.test.'), flags, clock.wallMs()), undefined);
  });

  it('drops a zone: the name and everything below it, nothing beside it', async () => {
    const all = filled(fakeClock());
    all.keepAnswer('www.test.example.', [a('www.test.example.', '192.0.2.1')]);
    all.keepAnswer('xtest.', [a('xtest.', '192.0.2.1')]);
    assert.equal(await all.contents.flush(scope('zone', 'TEST.')), 6);
    assert.deepEqual([all.answers.size.entries, all.rrsets.size.entries], [2, 0]);
  });

  it('of a name drops the NXDOMAIN above it that denies it', async () => {
    const { contents, rrsets } = caches();
    rrsets.keepDenial(denial('no.test.'));
    await contents.flush(scope('name', 'www.no.test.'));
    assert.equal(rrsets.findDenial(name('www.no.test.'), 1), undefined);
  });

  it('drops everything', async () => {
    const all = filled(fakeClock());
    assert.equal(await all.contents.flush({ kind: 'all' }), 6);
    assert.equal(all.activity.flushed, 6);
    assert.deepEqual([all.answers.size.octets, all.rrsets.size.octets], [0, 0]);
  });
});
