import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Message, ResourceRecord } from '../../../src/dns/message.ts';
import { equalNames, formatName, isSubdomain, rootName } from '../../../src/dns/name.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { type Finding, readResponse, responseLimits } from '../../../src/resolver/iterator/response.ts';
import { a, cname, dname, name, ns, query, question, soa, type TypeName, txt } from '../messages.ts';

/** What a server of `zone` says of `owner`, with the AA bit. */
function read(
  fields: Partial<Message>,
  {
    owner = 'www.leaf.test.',
    type = 'A' as TypeName,
    zone = 'leaf.test.',
    aa = true,
    isElsewhere = (_: Uint8Array): boolean => false,
  } = {},
): Finding {
  const message = query(owner, type, fields);
  const flags = { ...message.flags, qr: true, aa };
  return readResponse({ ...message, flags }, question(owner, type), name(zone), isElsewhere);
}

function referralOf(finding: Finding): { zone: string; ttl: number; servers: Record<string, string[]> } {
  assert.equal(finding.kind, 'referral');
  if (finding.kind !== 'referral') throw new Error('unreachable');
  const servers = finding.servers.map(server => [
    formatName(server.name),
    server.addresses.map(({ text }) => text),
  ]);
  return { zone: formatName(finding.zone), ttl: finding.ttl, servers: Object.fromEntries(servers) };
}

function endOf(finding: Finding) {
  assert.equal(finding.kind, 'answer');
  if (finding.kind !== 'answer') throw new Error('unreachable');
  return finding.end;
}

const glued = (owner: string, address: string): Partial<Message> => ({
  authorities: [ns('sub.leaf.test.', owner)],
  additionals: [a(owner, address)],
});

describe('an answer', () => {
  it('is the RRset of the name and type that were asked for, with the least of its TTLs', () => {
    const answers = [a('WWW.leaf.TEST.', '192.0.2.1', 300), a('www.leaf.test.', '192.0.2.2', 60)];
    const end = endOf(read({ answers }));
    assert.equal(end.kind, 'data');
    if (end.kind === 'data') assert.deepEqual([end.rrset.records.length, end.rrset.ttl], [2, 60]);
  });

  it('is nothing but that: other names, types and sections are as if they were not there', () => {
    const answers = [
      a('other.leaf.test.', '192.0.2.9'),
      txt('www.leaf.test.', 'not asked for'),
      a('www.leaf.test.', '192.0.2.1'),
    ];
    const authorities = [ns('leaf.test.', 'ns.attacker.test.'), ns('test.', 'ns.attacker.test.')];
    const additionals = [a('ns.attacker.test.', '192.0.2.66')];
    const finding = read({ answers, authorities, additionals });
    const end = endOf(finding);
    assert.ok(end.kind === 'data' && finding.kind === 'answer');
    assert.deepEqual(
      end.rrset.records.map(record => formatName(record.name)),
      ['www.leaf.test.'],
    );
    assert.deepEqual([finding.chain, finding.proof], [[], []]);
  });

  it('of another class is none', () => {
    const answers = [{ ...a('www.leaf.test.', '192.0.2.1'), class: 3 }];
    assert.notEqual(endOf(read({ answers })).kind, 'data');
  });

  it('with too many records is a failure rather than half of it', () => {
    const many = (count: number): ResourceRecord[] =>
      Array.from({ length: count }, (_, i) => a('www.leaf.test.', `198.18.${i >> 8}.${i & 255}`));
    assert.equal(endOf(read({ answers: many(responseLimits.recordsPerRrset) })).kind, 'data');
    assert.deepEqual(read({ answers: many(responseLimits.recordsPerRrset + 1) }), {
      kind: 'failure',
      rcode: rcodes.SERVFAIL,
    });
  });

  it('without AA is one too, of a lower rank', () => {
    const finding = read({ answers: [a('www.leaf.test.', '192.0.2.1')] }, { aa: false });
    assert.ok(finding.kind === 'answer' && !finding.isAuthoritative);
  });
});

describe('a chain of aliases in one message', () => {
  it('is followed inside the zone, whatever order its records are in', () => {
    const answers = [
      a('c.leaf.test.', '192.0.2.1'),
      cname('b.leaf.test.', 'c.leaf.test.'),
      cname('www.leaf.test.', 'b.leaf.test.'),
    ];
    const finding = read({ answers });
    assert.ok(finding.kind === 'answer' && finding.end.kind === 'data');
    assert.deepEqual(
      finding.chain.map(rrset => formatName(rrset.name)),
      ['www.leaf.test.', 'b.leaf.test.'],
    );
  });

  it('ends where it leaves the zone: what the server says of the rest is not its to say', () => {
    const answers = [cname('www.leaf.test.', 'www.bank.test.'), a('www.bank.test.', '192.0.2.66')];
    const end = endOf(read({ answers }));
    assert.equal(end.kind === 'alias' && formatName(end.target), 'www.bank.test.');
  });

  it('ends where a forward zone holds the name', () => {
    const answers = [cname('www.leaf.test.', 'a.corp.leaf.test.'), a('a.corp.leaf.test.', '192.0.2.66')];
    const isElsewhere = (owner: Uint8Array): boolean => isSubdomain(owner, name('corp.leaf.test.'));
    assert.equal(endOf(read({ answers }, { isElsewhere })).kind, 'alias');
  });

  it('ends where it leads back, and after eleven', () => {
    const loop = endOf(
      read({
        answers: [cname('www.leaf.test.', 'b.leaf.test.'), cname('b.leaf.test.', 'www.leaf.test.')],
      }),
    );
    assert.equal(loop.kind === 'alias' && formatName(loop.target), 'www.leaf.test.');
    const answers = Array.from({ length: 40 }, (_, i) => cname(`c${i}.leaf.test.`, `c${i + 1}.leaf.test.`));
    const long = read({ answers }, { owner: 'c0.leaf.test.' });
    assert.ok(long.kind === 'answer' && long.end.kind === 'alias');
    assert.equal(long.chain.length, responseLimits.aliases);
  });

  it('is not followed for a question about the alias itself, nor through two targets', () => {
    const asked = endOf(
      read({ answers: [cname('www.leaf.test.', 'b.leaf.test.')] }, { type: 'CNAME' as TypeName }),
    );
    assert.equal(asked.kind, 'data');
    const two = read({
      answers: [cname('www.leaf.test.', 'b.leaf.test.'), cname('www.leaf.test.', 'c.leaf.test.')],
    });
    assert.ok(two.kind === 'answer' && two.chain.length === 0);
  });

  it('may end in a denial of its last name', () => {
    const answers = [cname('www.leaf.test.', 'none.leaf.test.')];
    const end = endOf(read({ rcode: rcodes.NXDOMAIN, answers, authorities: [soa('leaf.test.')] }));
    assert.ok(end.kind === 'denial' && end.type === undefined);
    assert.equal(formatName(end.name), 'none.leaf.test.');
  });
});

describe('a denial', () => {
  it('is of the name or of the type, by the response code', () => {
    const authorities = [soa('leaf.test.', { ttl: 100, minimum: 60 })];
    const noName = endOf(read({ rcode: rcodes.NXDOMAIN, authorities }));
    assert.ok(noName.kind === 'denial' && noName.type === undefined && noName.ttl === 60);
    const noData = endOf(read({ authorities }));
    assert.ok(noData.kind === 'denial' && noData.type === recordTypes.A);
  });

  it('counts for no time at all with the SOA record of another zone, or with none', () => {
    for (const authorities of [[], [soa('test.')], [soa('other.test.')]]) {
      const end = endOf(read({ rcode: rcodes.NXDOMAIN, authorities }));
      assert.ok(end.kind === 'denial' && end.ttl === 0);
    }
  });
});

describe('a referral', () => {
  it('leads down, towards the name', () => {
    const finding = read(glued('ns.sub.leaf.test.', '192.0.2.5'), {
      owner: 'www.sub.leaf.test.',
      aa: false,
    });
    assert.deepEqual(referralOf(finding), {
      zone: 'sub.leaf.test.',
      ttl: 300,
      servers: { 'ns.sub.leaf.test.': ['192.0.2.5'] },
    });
  });

  for (const [where, owner] of Object.entries({
    up: 'test.',
    'to the root': '.',
    'to the zone itself': 'leaf.test.',
    sideways: 'other.test.',
    'down, but away from the name': 'elsewhere.leaf.test.',
    'below the name': 'x.www.leaf.test.',
  })) {
    it(`is none that leads ${where}`, () =>
      assert.deepEqual(read({ authorities: [ns(owner, 'ns.sub.leaf.test.')] }, { aa: false }), {
        kind: 'lame',
      }));
  }

  it('gives addresses inside the zone that refers, of its own servers, and no others', () => {
    const finding = read(
      {
        authorities: [
          ns('sub.leaf.test.', 'ns.sub.leaf.test.'),
          ns('sub.leaf.test.', 'ns.sibling.leaf.test.'),
          ns('sub.leaf.test.', 'ns.bank.test.'),
        ],
        additionals: [
          a('ns.sub.leaf.test.', '192.0.2.5'),
          a('ns.sibling.leaf.test.', '192.0.2.6'),
          a('ns.bank.test.', '192.0.2.66'),
          a('www.leaf.test.', '192.0.2.67'),
        ],
      },
      { owner: 'www.sub.leaf.test.', aa: false },
    );
    assert.deepEqual(referralOf(finding).servers, {
      'ns.sub.leaf.test.': ['192.0.2.5'],
      'ns.sibling.leaf.test.': ['192.0.2.6'],
      'ns.bank.test.': [],
    });
  });

  it('is cut to so many servers, and addresses of each', () => {
    const servers = Array.from({ length: 100 }, (_, i) => `ns${i}.sub.leaf.test.`);
    const finding = read(
      {
        authorities: servers.map(server => ns('sub.leaf.test.', server)),
        additionals: servers.flatMap((server, i) =>
          Array.from({ length: 30 }, (_, j) => a(server, `198.18.${i}.${j}`)),
        ),
      },
      { owner: 'www.sub.leaf.test.', aa: false },
    );
    const kept = Object.values(referralOf(finding).servers);
    assert.equal(kept.length, responseLimits.servers);
    for (const addresses of kept) assert.equal(addresses.length, responseLimits.addressesPerServer);
  });

  it('is none for the DS records of the zone that it leads to', () => {
    const fields = glued('ns.sub.leaf.test.', '192.0.2.5');
    const ds = { owner: 'sub.leaf.test.', type: 'DS' as TypeName, aa: false };
    assert.deepEqual(read(fields, ds), { kind: 'lame' });
    assert.equal(read(fields, { ...ds, owner: 'x.sub.leaf.test.' }).kind, 'referral');
  });
});

describe('a response code', () => {
  for (const [rcode, kind] of [
    [rcodes.REFUSED, 'lame'],
    [rcodes.NOTAUTH, 'lame'],
    [rcodes.SERVFAIL, 'failure'],
    [rcodes.FORMERR, 'failure'],
    [rcodes.NOTIMP, 'failure'],
  ] as const)
    it(`${rcode} is ${kind}, whatever comes with it`, () =>
      assert.equal(read({ rcode, answers: [a('www.leaf.test.', '192.0.2.1')] }).kind, kind));

  it('of too long a name counts with the DNAME record that makes it too long, and not without', () => {
    const owner = `${'x'.repeat(63)}.${'y'.repeat(60)}.${'z'.repeat(60)}.old.leaf.test.`;
    const target = `${'n'.repeat(60)}.leaf.test.`;
    const rcode = rcodes.YXDOMAIN;
    assert.equal(
      endOf(read({ rcode, answers: [dname('old.leaf.test.', target)] }, { owner })).kind,
      'too-long',
    );
    assert.deepEqual(read({ rcode }, { owner }), { kind: 'failure', rcode });
  });

  it('of success without AA, data or referral means that the server does not have the zone', () => {
    assert.deepEqual(read({}, { aa: false }), { kind: 'lame' });
    assert.deepEqual(read({ rcode: rcodes.NXDOMAIN }, { aa: false }), { kind: 'lame' });
  });
});

describe('whatever a server says', () => {
  const labels = ['a', 'b', 'www', 'leaf', 'test', 'bank'];
  const names = fc
    .array(fc.constantFrom(...labels), { maxLength: 4 })
    .map(parts => (parts.length === 0 ? '.' : `${parts.join('.')}.`));
  const records = fc.array(
    fc.oneof(
      names.map(owner => a(owner, '192.0.2.1')),
      names.filter(owner => owner !== '.').map(owner => soa(owner)),
      fc.tuple(names, names).map(([owner, target]) => cname(owner, target)),
      fc.tuple(names, names).map(([owner, target]) => ns(owner, target)),
    ),
    { maxLength: 12 },
  );
  const messages = fc.record({
    answers: records,
    authorities: records,
    additionals: records,
    rcode: fc.constantFrom(rcodes.NOERROR, rcodes.NXDOMAIN, rcodes.YXDOMAIN),
  });

  const asked = fc.record({ fields: messages, below: names, zone: names, aa: fc.boolean() }).map(each => ({
    ...each,
    owner: each.below === '.' ? each.zone : each.zone === '.' ? each.below : each.below + each.zone,
  }));

  it('a referral leads down towards the name, with addresses of servers inside the zone alone', () => {
    fc.assert(
      fc.property(asked, ({ fields, owner, zone, aa }) => {
        const finding = read(fields, { owner, zone, aa });
        if (finding.kind !== 'referral') return;
        assert.ok(finding.zone.length > name(zone).length && isSubdomain(finding.zone, name(zone)));
        assert.ok(isSubdomain(name(owner), finding.zone));
        for (const server of finding.servers)
          assert.ok(server.addresses.length === 0 || isSubdomain(server.name, name(zone)));
      }),
      { numRuns: 500 },
    );
  });

  it('an answer is a chain of names from the one asked for, each inside the zone, of bounded length', () => {
    fc.assert(
      fc.property(asked, ({ fields, owner, zone, aa }) => {
        const finding = read(fields, { owner, zone, aa });
        if (finding.kind !== 'answer') return;
        assert.ok(finding.chain.length <= responseLimits.aliases + 1);
        let at = name(owner);
        for (const rrset of finding.chain) {
          assert.ok(equalNames(rrset.name, at) && isSubdomain(at, name(zone)));
          const rdata = rrset.records[0]?.rdata;
          at = rdata?.kind === 'CNAME' ? rdata.target : rootName;
        }
        const { end } = finding;
        const last = end.kind === 'data' ? end.rrset.name : end.kind === 'alias' ? end.target : at;
        assert.ok(equalNames(last, at));
        assert.ok(end.kind === 'alias' || isSubdomain(at, name(zone)));
      }),
      { numRuns: 500 },
    );
  });
});
