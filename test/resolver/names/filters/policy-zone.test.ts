import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Question, ResourceRecord } from '../../../../src/dns/message.ts';
import { emptyReply, type Reply } from '../../../../src/resolver/reply.ts';
import { a, cname, name } from '../../messages.ts';
import {
  answersOf,
  errorsOf,
  type NamesUnderTest,
  openNamesUnderTest,
  shapeOf,
} from '../names-under-test.ts';
import { type FilterFolder, filterFolder, policyZone } from './filter-folder.ts';

const blocked = 15;

/** Policies of the zones given, in order, over a resolver that answers with `answers`. */
async function withZones(
  zones: Readonly<Record<string, readonly string[]>>,
  reply: Partial<Reply> | ((asked: Question) => Partial<Reply>) = {},
): Promise<NamesUnderTest & { readonly folder: FilterFolder }> {
  const files = Object.fromEntries(
    Object.entries(zones).map(([zone, lines]) => [zone, policyZone(...lines)]),
  );
  const folder = await filterFolder(files);
  const names = await openNamesUnderTest({
    names: `specialUse: { except: [test.] }, ${folder.rpz(...Object.keys(zones))}`,
    behind: asked => ({
      ...emptyReply(0),
      answers: [{ ...a('x.', '198.51.100.1'), name: asked.name }],
      ...(typeof reply === 'function' ? reply(asked) : reply),
    }),
  });
  return Object.assign(names, {
    folder,
    async [Symbol.asyncDispose]() {
      await names.names[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  });
}

const answers = (...records: readonly ResourceRecord[]) => ({ answers: records });

describe('a response policy zone, by action', () => {
  it('NXDOMAIN, NODATA, DROP and TCP-ONLY, without asking anyone', async () => {
    await using names = await withZones({
      'rpz.example': [
        'nx.test CNAME .',
        'nodata.test CNAME *.',
        'drop.test CNAME rpz-drop.',
        'tcp.test CNAME rpz-tcp-only.',
      ],
    });
    const refused = await names.ask('NX.test.');
    assert.equal(shapeOf(refused), 'NXDOMAIN 0 0');
    assert.deepEqual(errorsOf(refused), [blocked]);
    assert.equal(shapeOf(await names.ask('nodata.test.', 'MX')), 'NOERROR 0 0');
    assert.equal((await names.ask('drop.test.')).isSilence, true);
    assert.equal((await names.ask('tcp.test.')).isTruncated, true);
    assert.deepEqual(names.passed, []);
    assert.equal(shapeOf(await names.ask('tcp.test.', 'A', { transport: 'tcp' })), 'NOERROR 1 0');
    const { nxdomain, nodata, drop, tcpOnly } = names.counters.filtered;
    assert.deepEqual([nxdomain, nodata, drop, tcpOnly], [1, 1, 1, 2]);
  });

  it('PASSTHRU, in its new and its old form, ends the search in all zones', async () => {
    await using names = await withZones({
      'first.example': ['ok.test CNAME rpz-passthru.', 'old.test CNAME old.test.'],
      'second.example': ['*.test CNAME .', '32.1.100.51.198.rpz-ip CNAME .'],
    });
    assert.equal(shapeOf(await names.ask('ok.test.')), 'NOERROR 1 0');
    assert.equal(shapeOf(await names.ask('old.test.')), 'NOERROR 1 0');
    assert.equal(shapeOf(await names.ask('other.test.')), 'NXDOMAIN 0 0');
  });

  it('local data: the records of the type asked for, else NODATA; an alias is followed past the policies', async () => {
    await using names = await withZones({
      'rpz.example': [
        'data.test A 192.0.2.1',
        'data.test TXT "why"',
        'data.test A 192.0.2.2',
        'alias.test CNAME garden.example.',
        '*.wide.test CNAME *.garden.example.',
        'garden.example CNAME .',
      ],
    });
    const data = await names.ask('data.test.');
    assert.deepEqual(answersOf(data), ['data.test. 60 IN A 192.0.2.1', 'data.test. 60 IN A 192.0.2.2']);
    assert.deepEqual(errorsOf(data), [blocked]);
    assert.equal(shapeOf(await names.ask('data.test.', 'AAAA')), 'NOERROR 0 0');
    assert.deepEqual(names.passed, []);
    assert.deepEqual(answersOf(await names.ask('alias.test.')), [
      'alias.test. 60 IN CNAME garden.example.',
      'garden.example. 300 IN A 198.51.100.1',
    ]);
    assert.deepEqual(answersOf(await names.ask('www.wide.test.')), [
      'www.wide.test. 60 IN CNAME www.wide.test.garden.example.',
      'www.wide.test.garden.example. 300 IN A 198.51.100.1',
    ]);
    assert.deepEqual(answersOf(await names.ask('www.wide.test.', 'CNAME')), [
      'www.wide.test. 60 IN CNAME www.wide.test.garden.example.',
    ]);
    const long = Array.from({ length: 4 }, () => 'x'.repeat(57)).join('.');
    assert.equal(shapeOf(await names.ask(`${long}.wide.test.`)), 'YXDOMAIN 0 0');
  });
});

describe('an alias of a response policy zone', () => {
  it('leads to own records and steered names, whatever the policies say of those', async () => {
    await using folder = await filterFolder({
      'rpz.example': policyZone(
        'bad.test CNAME garden.corp.example.',
        'worse.test CNAME near.corp.example.',
        '*.corp.example CNAME .',
      ),
    });
    await using names = await openNamesUnderTest({
      names: `specialUse: { except: [test.] }, ${folder.rpz('rpz.example')},
        records: [garden.corp.example. 60 A 192.0.2.80],
        steered: [{ name: near.corp.example, default: [192.0.2.81] }]`,
    });
    const led = await names.ask('bad.test.');
    assert.deepEqual(answersOf(led), [
      'bad.test. 60 IN CNAME garden.corp.example.',
      'garden.corp.example. 60 IN A 192.0.2.80',
    ]);
    assert.equal(led.authoritative, false);
    assert.deepEqual(errorsOf(led), [blocked]);
    assert.deepEqual(
      answersOf(await names.ask('worse.test.')).at(-1),
      'near.corp.example. 30 IN A 192.0.2.81',
    );
    assert.equal(shapeOf(await names.ask('bad.test.', 'AAAA')), 'NOERROR 1 0');
    assert.deepEqual(names.passed, []);
  });
});

describe('a response policy zone, by trigger', () => {
  it('query name: itself before wildcards, the longest wildcard first, a wildcard not for its own name', async () => {
    await using names = await withZones({
      'rpz.example': ['*.bad.test CNAME .', 'ok.bad.test CNAME rpz-passthru.', '*.deep.bad.test CNAME *.'],
    });
    assert.equal(shapeOf(await names.ask('a.b.bad.test.')), 'NXDOMAIN 0 0');
    assert.equal(shapeOf(await names.ask('bad.test.')), 'NOERROR 1 0');
    assert.equal(shapeOf(await names.ask('ok.bad.test.')), 'NOERROR 1 0');
    assert.equal(shapeOf(await names.ask('x.ok.bad.test.')), 'NXDOMAIN 0 0');
    assert.equal(shapeOf(await names.ask('x.deep.bad.test.')), 'NOERROR 0 0');
    assert.equal(shapeOf(await names.ask('deep.bad.test.')), 'NXDOMAIN 0 0');
    assert.equal(shapeOf(await names.ask('a\\.bad.test.')), 'NOERROR 1 0');
  });

  it('the names behind aliases, with the aliases that lead there', async () => {
    await using names = await withZones(
      { 'rpz.example': ['tracker.example CNAME .'] },
      answers(
        cname('www.test.', 'cdn.test.'),
        cname('cdn.test.', 'tracker.example.'),
        a('tracker.example.', '198.51.100.1'),
      ),
    );
    const reply = await names.ask('www.test.');
    assert.equal(shapeOf(reply), 'NXDOMAIN 2 0');
    assert.deepEqual(errorsOf(reply), [blocked]);
  });

  it('address in the answer, of both families, the longest prefix first', async () => {
    const zone = [
      '24.0.100.51.198.rpz-ip CNAME .',
      '32.1.100.51.198.rpz-ip CNAME *.',
      '48.zz.1.db8.2001.rpz-ip A 192.0.2.9',
      '128.1.zz.2.db8.2001.rpz-ip CNAME .',
    ];
    for (const [record, shape] of [
      [a('www.test.', '198.51.100.1'), 'NOERROR 0 0'],
      [a('www.test.', '198.51.100.2'), 'NXDOMAIN 0 0'],
      [a('www.test.', '198.51.101.1'), 'NOERROR 1 0'],
    ] as const) {
      await using names = await withZones({ 'rpz.example': zone }, answers(record));
      assert.equal(shapeOf(await names.ask('www.test.')), shape);
    }
    const aaaa = (...tail: readonly number[]) => {
      const address = Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...new Array(12 - tail.length).fill(0), ...tail);
      return { ...a('www.test.', '0.0.0.0'), type: 28, rdata: { kind: 'AAAA', address } as const };
    };
    await using names = await withZones(
      { 'rpz.example': zone },
      answers(aaaa(0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
    );
    assert.equal(shapeOf(await names.ask('www.test.', 'AAAA')), 'NXDOMAIN 0 0');
    await using others = await withZones(
      { 'rpz.example': zone },
      answers(aaaa(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)),
    );
    assert.equal(shapeOf(await others.ask('www.test.', 'AAAA')), 'NOERROR 0 0');
  });

  it('name of a name server, where the reply tells it', async () => {
    await using names = await withZones(
      { 'rpz.example': ['ns.bad.example.rpz-nsdname CNAME .', '*.evil.example.rpz-nsdname CNAME *.'] },
      asked => ({
        nameservers: [
          name('ns.good.example.'),
          name(asked.type === 1 ? 'NS.bad.example.' : 'a.evil.example.'),
        ],
      }),
    );
    assert.equal(shapeOf(await names.ask('www.test.', 'A')), 'NXDOMAIN 0 0');
    assert.equal(shapeOf(await names.ask('www.test.', 'TXT')), 'NOERROR 0 0');
  });

  it('client address, before the name', async () => {
    await using names = await withZones({
      'rpz.example': [
        '32.5.0.18.198.rpz-client-ip CNAME rpz-passthru.',
        '16.0.0.19.198.rpz-client-ip CNAME rpz-drop.',
        'bad.test CNAME .',
      ],
    });
    assert.equal(shapeOf(await names.ask('bad.test.', 'A', { address: '198.18.0.5' })), 'NOERROR 1 0');
    assert.equal((await names.ask('ok.test.', 'A', { address: '198.19.1.1' })).isSilence, true);
    assert.equal(shapeOf(await names.ask('bad.test.', 'A', { address: '198.18.0.6' })), 'NXDOMAIN 0 0');
  });
});

describe('response policy zones, by precedence', () => {
  it('the earlier zone decides, whatever its trigger', async () => {
    await using names = await withZones({
      'first.example': ['32.1.100.51.198.rpz-ip CNAME *.'],
      'second.example': ['bad.test CNAME .'],
    });
    assert.equal(shapeOf(await names.ask('bad.test.')), 'NOERROR 0 0');
    assert.equal(names.passed.length, 1);
  });

  it('within a zone the name decides before the address', async () => {
    await using names = await withZones({
      'rpz.example': ['32.1.100.51.198.rpz-ip CNAME *.', 'bad.test CNAME .'],
    });
    assert.equal(shapeOf(await names.ask('bad.test.')), 'NXDOMAIN 0 0');
    assert.deepEqual(names.passed, []);
  });

  it('a name earlier in the chain decides before an earlier zone', async () => {
    await using names = await withZones(
      {
        'first.example': ['end.test CNAME *.'],
        'second.example': ['www.test CNAME .'],
        'third.example': ['32.9.2.0.192.rpz-ip CNAME .'],
      },
      answers(cname('www.test.', 'end.test.'), a('end.test.', '198.51.100.1')),
    );
    assert.equal(shapeOf(await names.ask('www.test.')), 'NXDOMAIN 0 0');
  });
});
