/** Whatever a server says, no more is taken of it than the question and the zone allow. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Message, ResourceRecord } from '../../../src/dns/message.ts';
import { equalNames, isSubdomain, type Name, nameKey } from '../../../src/dns/name.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { type Finding, readResponse, responseLimits } from '../../../src/resolver/iterator/response.ts';
import { anyMessage } from '../../dns/arbitrary-message.ts';
import { a, cname, dname, name, ns, nsec, query, question, rrsig, soa } from '../messages.ts';

const names = ['.', 'test.', 'a.test.', 'b.a.test.', 'c.b.a.test.', 'd.test.', 'other.', 'x.other.'];
const anyOwner = fc.constantFrom(...names);

const anyRelated: fc.Arbitrary<ResourceRecord> = fc
  .tuple(
    anyOwner,
    anyOwner,
    fc.constantFrom('a', 'cname', 'dname', 'ns', 'soa', 'nsec', 'rrsig'),
    fc.constantFrom(1, 1, 1, 3),
  )
  .map(([owner, target, kind, rrClass]) => {
    const record = {
      a: () => a(owner, '192.0.2.1'),
      cname: () => cname(owner, target),
      dname: () => dname(owner, target),
      ns: () => ns(owner, target),
      soa: () => soa(owner),
      nsec: () => nsec(owner, target),
      rrsig: () => rrsig(owner, { covers: 'A', labels: 1, signer: target }),
    }[kind as 'a']();
    return { ...record, class: rrClass };
  });

const section = fc.array(anyRelated, { maxLength: 6 });

/** Few names, so that records have to do with each other and with the question. */
const anyResponse: fc.Arbitrary<Message> = fc
  .record({
    aa: fc.boolean(),
    rcode: fc.constantFrom(0, 0, 0, 3, 6, 2, 5),
    answers: section,
    authorities: section,
    additionals: section,
  })
  .map(({ aa, ...fields }) => query('.', 'A', { ...fields, flags: { ...query('.').flags, qr: true, aa } }));

function check(
  message: Message,
  finding: Finding,
  asked: Name,
  zone: Name,
  isElsewhere: (name: Name) => boolean,
): void {
  const isSaid = (type: number, owner: Name): boolean =>
    message.authorities.some(
      record => record.type === type && record.class === 1 && equalNames(record.name, owner),
    );
  if (finding.kind === 'referral') {
    assert.ok(isSaid(recordTypes.NS, finding.zone));
    assert.ok(isSubdomain(asked, finding.zone) && isSubdomain(finding.zone, zone));
    assert.ok(!equalNames(finding.zone, zone));
    assert.ok(finding.servers.length > 0 && finding.servers.length <= responseLimits.servers);
    for (const server of finding.servers)
      assert.ok(server.addresses.length === 0 || isSubdomain(server.name, zone));
    return;
  }
  if (finding.kind !== 'answer') return;
  const { chain, end } = finding;
  let at = asked;
  const seen = new Set([nameKey(at)]);
  const allowed = (): boolean => isSubdomain(at, zone) && (equalNames(at, asked) || !isElsewhere(at));
  for (const { name: owner, type, records } of chain) {
    assert.ok(
      records.every(record => record.class === 1 && record.type === type && equalNames(record.name, owner)),
    );
    assert.ok(allowed());
    if (type === recordTypes.DNAME) {
      assert.ok(isSubdomain(at, owner) && !equalNames(at, owner) && isSubdomain(owner, zone));
      continue;
    }
    assert.ok(equalNames(owner, at));
    const rdata = records[0]?.rdata;
    assert.ok(rdata?.kind === 'CNAME');
    at = rdata.target;
    seen.add(nameKey(at));
  }
  assert.ok(chain.length <= 2 * responseLimits.aliases);
  if (end.kind === 'alias') assert.ok(equalNames(end.target, at));
  if (end.kind === 'data') {
    assert.ok(equalNames(end.rrset.name, at) && allowed());
    assert.ok(end.rrset.records.every(record => record.class === 1 && equalNames(record.name, at)));
  }
  if (end.kind === 'denial') {
    assert.ok(equalNames(end.name, at) && allowed());
    const owner = end.proof.find(record => record.type === recordTypes.SOA)?.name;
    assert.ok(
      !owner || (isSubdomain(at, owner) && isSubdomain(owner, zone) && isSaid(recordTypes.SOA, owner)),
    );
  }
}

describe('readResponse', () => {
  it('takes any message at all without a fault', () => {
    const property = fc.property(anyMessage, message => {
      readResponse(message, question('b.a.test.'), name('test.'));
      readResponse(message, { ...question('.'), type: recordTypes.NS }, name('.'));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('takes nothing that the question and the zone do not allow', () => {
    const types = fc.constantFrom('A', 'NS', 'CNAME', 'DS', 'DNAME', 'NSEC', 'RRSIG') as fc.Arbitrary<'A'>;
    const property = fc.property(
      anyResponse,
      types,
      fc.constantFrom(
        ['b.a.test.', 'test.'],
        ['c.b.a.test.', 'a.test.'],
        ['a.test.', '.'],
        ['test.', 'test.'],
      ),
      fc.boolean(),
      (message, type, [owner = '', zoneText = ''], hasForwarded) => {
        const asked = question(owner, type);
        const zone = name(zoneText);
        const isElsewhere = (at: Name): boolean => hasForwarded && isSubdomain(at, name('d.test.'));
        const finding = readResponse(message, asked, zone, isElsewhere);
        check(message, finding, asked.name, zone, isElsewhere);
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });
});
