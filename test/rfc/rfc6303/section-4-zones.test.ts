import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatRecord } from '../../../src/dns/record-text.ts';
import { answersOf, openNamesUnderTest, shapeOf } from '../../resolver/names/names-under-test.ts';

/** The zones of sections 4.1 to 4.6, written down once more. */
const zones = [
  ...['10', '168.192', '0', '127', '254.169', '2.0.192', '100.51.198', '113.0.203', '255.255.255.255'],
  ...['16', '17', '18', '19', '20', '21', '22', '23', '24', '25', '26', '27', '28', '29', '30', '31'].map(
    each => `${each}.172`,
  ),
].map(each => `${each}.in-addr.arpa.`);
const zones6 = [
  '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0',
  '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0',
  ...['d.f', '8.e.f', '9.e.f', 'a.e.f', 'b.e.f', '8.b.d.0.1.0.0.2'],
].map(each => `${each}.ip6.arpa.`);

describe('RFC 6303, locally served zones', () => {
  it('section 3: each has its SOA and NS records, and denies everything else with the SOA', async () => {
    await using names = await openNamesUnderTest();
    for (const zone of [...zones, ...zones6]) {
      assert.deepEqual(answersOf(await names.ask(zone, 'SOA')), [
        `${zone} 10800 IN SOA ${zone} nobody.invalid. 1 3600 1200 604800 10800`,
      ]);
      assert.deepEqual(answersOf(await names.ask(zone, 'NS')), [`${zone} 10800 IN NS ${zone}`]);
      assert.equal(
        shapeOf(await names.ask(zone, 'PTR')).replace('1.0', ''),
        zone.startsWith('1.0.0.0') ? 'NOERROR 1 0' : 'NOERROR 0 1',
      );
      const below = await names.ask(`x.${zone}`, 'PTR');
      assert.equal(shapeOf(below), 'NXDOMAIN 0 1');
      assert.deepEqual(below.authorities.map(formatRecord), [
        `${zone} 10800 IN SOA ${zone} nobody.invalid. 1 3600 1200 604800 10800`,
      ]);
    }
    assert.deepEqual(names.passed, []);
  });

  it('RFC 7793: so has shared address space', async () => {
    await using names = await openNamesUnderTest();
    for (const each of [64, 100, 127])
      assert.equal(shapeOf(await names.ask(`1.0.${each}.100.in-addr.arpa.`, 'PTR')), 'NXDOMAIN 0 1');
    assert.deepEqual(names.passed, []);
    for (const each of [63, 128]) await names.ask(`1.0.${each}.100.in-addr.arpa.`, 'PTR');
    assert.equal(names.passed.length, 2);
  });

  it('names the loopback addresses; what lies between exists without data', async () => {
    await using names = await openNamesUnderTest();
    assert.deepEqual(answersOf(await names.ask('1.0.0.127.in-addr.arpa.', 'PTR')), [
      '1.0.0.127.in-addr.arpa. 10800 IN PTR localhost.',
    ]);
    assert.equal(shapeOf(await names.ask('0.0.127.in-addr.arpa.', 'PTR')), 'NOERROR 0 1');
    assert.equal(shapeOf(await names.ask('2.0.0.127.in-addr.arpa.', 'PTR')), 'NXDOMAIN 0 1');
  });

  it('leaves the neighbours of these zones, their parents, and the DS records of their names to others', async () => {
    await using names = await openNamesUnderTest();
    const others = ['15.172', '32.172', '11', '169.192', '1.0.192', 'in-addr', '172'].map(
      each => `${each === 'in-addr' ? '' : `${each}.`}in-addr.arpa.`,
    );
    for (const name of [...others, 'c.f.ip6.arpa.', 'c.e.f.ip6.arpa.', 'ip6.arpa.', 'arpa.'])
      await names.ask(name, 'PTR');
    await names.ask('10.in-addr.arpa.', 'DS');
    assert.equal(names.passed.length, others.length + 5);
    assert.equal(shapeOf(await names.ask('1.10.in-addr.arpa.', 'DS')), 'NXDOMAIN 0 1');
  });

  it('section 4: a zone in use is configured instead, by a forward zone or by name', async () => {
    await using names = await openNamesUnderTest({
      forward: { '.': [0], '168.192.in-addr.arpa.': [1] },
      names: 'specialUse: { except: [113.0.203.in-addr.arpa.] }',
    });
    for (const name of ['1.1.168.192.in-addr.arpa.', '168.192.in-addr.arpa.', '1.113.0.203.in-addr.arpa.'])
      await names.ask(name, 'PTR');
    assert.equal(names.passed.length, 3);
    await names.ask('1.2.0.192.in-addr.arpa.', 'PTR');
    assert.equal(names.passed.length, 3);
  });

  it('section 4: of a zone that is used in part, the rest stays here; what lies between exists', async () => {
    await using names = await openNamesUnderTest({
      forward: { '.': [0], '7.5.10.in-addr.arpa.': [1] },
      names: 'specialUse: { except: [8.5.10.in-addr.arpa.] }',
    });
    for (const name of ['1.7.5.10.in-addr.arpa.', '7.5.10.in-addr.arpa.', '1.8.5.10.in-addr.arpa.'])
      await names.ask(name, 'PTR');
    assert.equal(names.passed.length, 3);
    assert.equal(shapeOf(await names.ask('1.9.5.10.in-addr.arpa.', 'PTR')), 'NXDOMAIN 0 1');
    assert.equal(shapeOf(await names.ask('5.10.in-addr.arpa.', 'PTR')), 'NOERROR 0 1');
    assert.equal(shapeOf(await names.ask('10.in-addr.arpa.', 'SOA')), 'NOERROR 1 0');
    assert.equal(names.passed.length, 3);
  });

  it('section 4: what several zones are in stands for all of them, by either way', async () => {
    for (const options of [
      { names: 'specialUse: { except: [in-addr.arpa.] }' },
      { forward: { '.': [0], 'in-addr.arpa.': [1] } },
    ]) {
      await using names = await openNamesUnderTest(options);
      for (const name of ['1.10.in-addr.arpa.', '1.0.0.127.in-addr.arpa.']) await names.ask(name, 'PTR');
      assert.equal(names.passed.length, 2);
      await names.ask('d.f.ip6.arpa.', 'PTR');
      assert.equal(names.passed.length, 2);
    }
    await using none = await openNamesUnderTest({ names: 'specialUse: { except: [.] }' });
    for (const name of ['localhost.', 'a.test.', '1.10.in-addr.arpa.', 'd.f.ip6.arpa.']) await none.ask(name);
    assert.equal(none.passed.length, 4);
  });

  it('RFC 8020: no name is denied that own records are below', async () => {
    await using names = await openNamesUnderTest({
      names: `records: [7.6.5.10.in-addr.arpa. 60 PTR printer.corp.example., a.b.local. 60 A 192.0.2.1],
        steered: [{ name: www.site.home.arpa, default: [192.0.2.2] }]`,
    });
    for (const name of [
      '6.5.10.in-addr.arpa.',
      '5.10.in-addr.arpa.',
      'b.local.',
      'local.',
      'site.home.arpa.',
    ])
      assert.equal(shapeOf(await names.ask(name, 'PTR')), 'NOERROR 0 1', name);
    assert.equal(shapeOf(await names.ask('7.6.5.10.in-addr.arpa.', 'PTR')), 'NOERROR 1 0');
    for (const name of ['7.5.10.in-addr.arpa.', 'c.local.', 'home\\.arpa.local.', 'other.home.arpa.'])
      assert.equal(shapeOf(await names.ask(name, 'PTR')), 'NXDOMAIN 0 1', name);
    assert.deepEqual(names.passed, []);
  });
});
