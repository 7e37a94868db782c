import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/config/load-config.ts';
import { answersOf, openNamesUnderTest, shapeOf } from '../names/names-under-test.ts';
import { testDeployment } from '../test-deployment.ts';
import { openTestResolver } from '../test-resolver.ts';

const steered = `steered: [{ name: www.gslb.test, rules: [
  { clients: [198.18.7.0/24, "2001:db8:7::/48"], addresses: [192.0.2.7] },
  { pops: [fra], clients: [198.18.0.0/16], addresses: [192.0.2.8] },
  { pops: [fra], addresses: [192.0.2.1, "2001:db8::1"] },
  { pops: [nyc], addresses: [192.0.2.2] },
], default: [192.0.2.3] }]`.replaceAll('\n', '');

describe('steered names', () => {
  async function addressAt(pop: string, address: string): Promise<string | undefined> {
    await using names = await openNamesUnderTest({ names: steered, pop });
    const reply = await names.ask('WWW.gslb.test.', 'A', { address });
    return answersOf(reply)[0]?.split(' ')[4];
  }

  it('have other addresses at another PoP', async () => {
    assert.equal(await addressAt('fra', '203.0.113.1'), '192.0.2.1');
    assert.equal(await addressAt('nyc', '203.0.113.1'), '192.0.2.2');
  });

  it('have other addresses for other clients; the first rule that fits decides', async () => {
    assert.equal(await addressAt('fra', '198.18.7.1'), '192.0.2.7');
    assert.equal(await addressAt('fra', '::ffff:198.18.7.1'), '192.0.2.7');
    assert.equal(await addressAt('nyc', '2001:db8:7::1'), '192.0.2.7');
    assert.equal(await addressAt('fra', '198.18.8.1'), '192.0.2.8');
    assert.equal(await addressAt('nyc', '198.18.8.1'), '192.0.2.2');
    assert.equal(await addressAt('fra', 'fe80::1%eth0'), '192.0.2.1');
  });

  it('have their default where no rule fits, with AA and 30 seconds', async () => {
    await using names = await openNamesUnderTest({
      names:
        'steered: [{ name: a.example, rules: [{ pops: [nyc], addresses: [192.0.2.2] }], default: [192.0.2.3] }]',
    });
    const reply = await names.ask('a.example.');
    assert.deepEqual(answersOf(reply), ['a.example. 30 IN A 192.0.2.3']);
    assert.equal(reply.authoritative, true);
    assert.equal(names.counters.steered, 1);
  });

  it('deny the family and the types they have not, and are nothing to the names around them', async () => {
    await using names = await openNamesUnderTest({ names: steered, pop: 'nyc' });
    assert.equal(shapeOf(await names.ask('www.gslb.test.', 'AAAA')), 'NOERROR 0 0');
    assert.equal(shapeOf(await names.ask('www.gslb.test.', 'MX')), 'NOERROR 0 0');
    assert.deepEqual(names.passed, []);
    assert.equal(shapeOf(await names.ask('a.www.gslb.test.')), 'NXDOMAIN 0 1');
    assert.equal(shapeOf(await names.ask('www\\.gslb.test.')), 'NXDOMAIN 0 1');
  });

  it('are reached through an alias among the records', async () => {
    await using names = await openNamesUnderTest({
      names: `records: ['www.corp.example. 60 CNAME www.gslb.test.'], ${steered}`,
    });
    assert.deepEqual(answersOf(await names.ask('www.corp.example.')), [
      'www.corp.example. 60 IN CNAME www.gslb.test.',
      'www.gslb.test. 30 IN A 192.0.2.8',
    ]);
  });

  it('are hidden by no wildcard among the records, nor is there one for what is below them', async () => {
    await using names = await openNamesUnderTest({
      names: `records: ['*.gslb.test. 60 A 192.0.2.99'], specialUse: { except: [test.] }, ${steered}`,
    });
    assert.deepEqual(answersOf(await names.ask('www.gslb.test.')), ['www.gslb.test. 30 IN A 192.0.2.8']);
    assert.deepEqual(answersOf(await names.ask('other.gslb.test.')), ['other.gslb.test. 60 IN A 192.0.2.99']);
    assert.deepEqual(names.passed, []);
    // RFC 4592 section 2.2.1: the steered name is the closest encloser.
    await names.ask('a.www.gslb.test.');
    assert.equal(names.passed.length, 1);
  });

  it('never come from the cache: two clients that ask one after the other get their own', async () => {
    const own = `names: { steered: [{ name: www.gslb.test, rules: [{ clients: [127.0.0.1/32], addresses: [192.0.2.1] }], default: [192.0.2.2] }] }`;
    const deployment = testDeployment({ resolver: [own] });
    await using resolver = await openTestResolver(deployment);
    for (const [from, address] of [
      ['127.0.0.1', '192.0.2.1'],
      [deployment.client, '192.0.2.2'],
      ['127.0.0.1', '192.0.2.1'],
    ] as const) {
      const dug = await resolver.dig('-b', from, 'www.gslb.test');
      assert.deepEqual(dug.answers, [`www.gslb.test. 30 IN A ${address}`]);
      assert.ok(dug.flags.includes('aa'));
    }
  });
});

describe('the configuration of names', () => {
  const parse = (names: string) =>
    parseConfig(
      `
service: { addresses: [203.0.113.53], asn: 64500 }
checks: {}
resolver:
  names: { ${names} }
pops:
  fra:
    management: [198.18.1.6]
    routerId: 198.18.1.6
    neighbours: [{ name: isp, asn: 64501, sessions: [{ local: 198.18.1.6, remote: 198.18.1.5 }] }]
`,
      'anycast.yaml',
      { checks: {}, drivers: ['bird'] },
    );

  for (const [keys, complaint] of [
    [
      'steered: [{ name: a.example, rules: [{ pops: [fre], addresses: [192.0.2.1] }], default: [192.0.2.2] }]',
      /no PoP 'fre'.*fra/s,
    ],
    ['steered: [{ name: a.example }]', /steered\.0\.default/],
    ['steered: [{ name: a.example, default: [] }]', /steered\.0\.default/],
    [
      'steered: [{ name: a.example, rules: [{ addresses: [192.0.2.1] }], default: [192.0.2.2] }]',
      /name the PoPs or the clients/,
    ],
    [
      'steered: [{ name: a.example, default: [192.0.2.1] }, { name: A.example., default: [192.0.2.1] }]',
      /stated twice/,
    ],
    [
      'records: [a.example. A 192.0.2.1], steered: [{ name: a.example, default: [192.0.2.1] }]',
      /among records too/,
    ],
    ['records: [a.example. A 192.0.2.1, a.example. CNAME b.example.]', /an alias has nothing else/],
    ["steered: [{ name: '*.example', default: [192.0.2.1] }]", /is a wildcard/],
    ['discovery: { name: dns.example }', /neither dot nor doh/],
    ['discovery: { name: . }', /no name of a resolver/],
    ['dns64: { prefix: "64:ff9b::/96", clients: [] }', /dns64\.clients/],
    ['records: [a.example. A 192.0.2.256]', /not an IPv4 address, in 'a.example/],
    ['specialUse: { except: [a..b] }', /'a\.\.b' is not a domain name/],
    ['dns64: { prefix: "64:ff9b::/95" }', /32, 40, 48, 56, 64 or 96 bits/],
    ['dns64: { prefix: "2001:db8:0:0:100::/96" }', /bits 64 to 71/],
    ['blockLists: [{ file: lists/a }]', /whole path/],
    ['rebindings: {}', /unknown key.*rebinding/],
  ] as const) {
    it(`refuses ${keys.slice(0, 60)}`, () => assert.throws(() => parse(keys), complaint));
  }

  it('is empty by default', () => {
    const { names } = parse('').resolver;
    assert.deepEqual(
      [names.records, names.steered, names.blockLists, names.rpz, names.dns64, names.rebinding],
      [[], [], [], [], undefined, undefined],
    );
  });
});
