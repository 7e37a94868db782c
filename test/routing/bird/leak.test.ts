/**
 * What a neighbour ever receives, counted from its own log: nothing but the own prefixes at their exact length.
 *
 * Threat model: the agent may ask for anything, announced.conf may hold anything, anycast.yaml may say anything, and
 * somebody may say `configure` at the worst moment. Out of reach is whoever may write the sidecar's files or speak to the
 * control socket: he can give BIRD a whole configuration of his own. What text that closes the function around
 * announced.conf can do is therefore shown here, and not promised: a session more to the same neighbour is refused there.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { parseConfig, popOf } from '../../../src/config/load-config.ts';
import { parseIpPrefix } from '../../../src/ip/prefix.ts';
import type { Announcement } from '../../../src/routing/announcement.ts';
import { birdFolder } from '../../../src/routing/bird/bird-folder.ts';
import { renderAnnounced } from '../../../src/routing/bird/render-announced.ts';
import { renderSite } from '../../../src/routing/bird/render-site.ts';
import { birdDriver } from '../../../src/routing/drivers/bird.ts';
import type { RouteDriver } from '../../../src/routing/route-driver.ts';
import { run, runOrThrow } from '../../../src/system/run.ts';
import { soon, v4, v6 } from '../../contract/route-driver.ts';
import { eventually } from '../../support/eventually.ts';
import { fallback, openPeering, type Peering, peeringYaml } from '../../support/peering.ts';
import { whyNoSandbox } from '../../support/sandbox.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const service = ['203.0.113.53/32', '2001:db8:53::53/128'];
const own = [...fallback, ...service];

/** Prefixes near and far: relatives of our own, the default routes, and any other. */
const prefixText = fc.oneof(
  fc.constantFrom(
    ...own,
    '0.0.0.0/0',
    '::/0',
    '203.0.113.52/31',
    '203.0.113.54/32',
    '203.0.113.0/25',
    '203.0.112.0/23',
    '198.18.1.6/32',
    '::ffff:203.0.113.53/128',
    '::ffff:0:0/96',
    '2001:db8:53::/64',
    '2001:db8:53::52/127',
    '2001:db8:53::54/128',
    '2001:db8::/32',
  ),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, length]) => `${address}/${length}`),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([address, length]) => `${address}/${length}`),
);

const asn = fc.integer({ min: 0, max: 0xffff });
const part = fc.integer({ min: 0, max: 0xffff_ffff });

const anyAnnouncement: fc.Arbitrary<Announcement> = fc
  .record({
    prefix: prefixText.map(parseIpPrefix),
    communities: fc.array(fc.tuple(asn, asn), { maxLength: 3 }),
    largeCommunities: fc.array(fc.tuple(part, part, part), { maxLength: 3 }),
    prepend: fc.integer({ min: 0, max: 5 }),
    med: fc.option(part, { nil: undefined }),
  })
  .filter(({ prefix }) => prefix !== undefined)
  .map(({ med, ...route }) => ({ ...route, ...(med !== undefined && { med }) }) as Announcement);

/** Text that closes the function around announced.conf, says `more`, and opens another for what follows. */
const escaped = (more: string) => `return true;\n}\n${more}\nfunction other() {\nreturn true;\n`;

const foreign =
  'route 10.0.0.0/8 blackhole; route 203.0.113.53/32 blackhole; route 203.0.113.0/25 blackhole;';
const session = 'local 198.18.1.6 as 64500; neighbor 198.18.1.5 as 64501; ipv4 { export all; };';

const damages: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'a yes to everything': 'return true;\n',
  'an accept': 'accept;\n',
  garbage: '\u0000\u0001\u00ff garbage {{{ ;;',
  'the first half of itself': renderAnnounced([v4, v6]).slice(0, 150),
  'itself twice': renderAnnounced([v4]) + renderAnnounced([v6]),
  'a static protocol': `protocol static more { ipv4; ${foreign} }\n`,
  'a static protocol of the name that may announce': `protocol static announced4 { ipv4; ${foreign} }\n`,
  'a second fallback4': 'protocol static fallback4 { ipv4; route 203.0.113.0/24 blackhole; }\n',
  'a filter that lets everything out': 'filter service4 { accept; }\n',
  'other own prefixes': 'define SERVICE4 = [ 0.0.0.0/0+ ];\n',
  'a session that exports all': `protocol bgp evil { ${session} }\n`,
  'an include of nothing': 'include "nowhere.conf";\n',
  'an include of a folder': 'include "/";\n',
  'an include of the configuration itself': 'include "site.conf";\n',
  'an include without an end': 'include "announced.conf";\n',
  'another next hop, preference, origin and path':
    'gw = 198.18.1.5; preference = 65000; bgp_origin = ORIGIN_EGP; bgp_path.prepend(64999); return true;\n',
  'an escape with a static protocol': escaped(`protocol static more { ipv4; ${foreign} }`),
  'an escape with a protocol of the name that may announce': escaped(
    `protocol static announced4 { ipv4; ${foreign} }`,
  ),
  'an escape with a protocol of the name that announces the fallback': escaped(
    `protocol static fallback4 { ipv4; ${foreign} }`,
  ),
  'an escape with the export filter': escaped('filter service4 { accept; }'),
  'an escape with other own prefixes': escaped('define SERVICE4 = [ 0.0.0.0/0+ ];'),
  'an escape with more routes for the templates': escaped(
    `template static service_routes4 { ipv4; ${foreign} }`,
  ),
  'an escape with a session that exports all': escaped(
    `protocol static more { ipv4; ${foreign} }\nprotocol bgp evil { ${session} }`,
  ),
  'an escape with a session that exports all and knows the password': escaped(
    `protocol static more { ipv4; ${foreign} }\nprotocol bgp evil { ${session} password "correct horse"; ttl security on; }`,
  ),
};

/** Pieces that BIRD understands, in any order, and a good file with a piece cut out. */
const anyText = fc.oneof(
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'return true;',
          'accept;',
          '}',
          '{',
          'protocol static more {',
          'ipv4;',
          'export all;',
        ),
        fc.constantFrom(
          'if net.len < 33 then',
          'else',
          'function other() {',
          session,
          foreign,
          '#',
          '"',
          '\n',
        ),
        fc.string({ maxLength: 5 }),
      ),
      { maxLength: 12 },
    )
    .map(pieces => pieces.join(' ')),
  fc.tuple(fc.nat(250), fc.nat(60), fc.string({ maxLength: 3 })).map(([from, length, by]) => {
    const text = renderAnnounced([v4, { ...v6, prepend: 1 }]);
    return text.slice(0, from) + by + text.slice(from + length);
  }),
);

/** Deployments of other addresses; what each may announce. */
const deployments: readonly { readonly service: string; readonly own: readonly string[] }[] = [
  { service: 'addresses: [203.0.113.53]', own: ['203.0.113.53/32'] },
  { service: 'addresses: ["2001:db8:53::53"]', own: ['2001:db8:53::53/128'] },
  {
    service: 'addresses: [198.51.100.1], fallback: [198.51.0.0/16]',
    own: ['198.51.0.0/16', '198.51.100.1/32'],
  },
  // Shorter than any network's own prefix.
  { service: 'addresses: [203.0.113.53], fallback: [200.0.0.0/6]', own: ['203.0.113.53/32'] },
];

suite('the neighbour of a BIRD', { skip: (await whyNoSandbox('bird')) ?? false }, () => {
  let peering: Peering;
  let driver: RouteDriver;
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let log: string;
  /** Characters of the log that an earlier test has looked at. */
  let seen = 0;

  before(async () => {
    scratch = await temporaryFolder();
    log = join(scratch.path, 'neighbour.log');
    peering = await openPeering({ neighbour: `log "${log}" all;\n` });
    for (const protocol of ['pop_v4', 'pop_v6'])
      await peering.askNeighbour(`debug ${protocol} { routes, events }`);
    await peering.startBird();
    driver = birdDriver.create(peering.runDirectory);
  });
  after(async () => {
    await driver?.[Symbol.asyncDispose]();
    await peering?.[Symbol.asyncDispose]();
    await scratch?.[Symbol.asyncDispose]();
  });

  const folder = () => birdFolder(peering.runDirectory);
  /** As a person would, at any moment: what BIRD says to it does not matter. */
  const configure = () => run(['birdc', '-s', folder().controlSocket, 'configure']);
  const neighbourHas = (expected: readonly string[]) =>
    eventually(async () => assert.deepEqual(await peering.neighbourPrefixes(), [...expected].sort()));

  /** Every prefix that the neighbour was sent since the last look, from its log. */
  async function received(): Promise<string[]> {
    const text = await readFile(log, 'utf8');
    const lines = text.slice(seen).matchAll(/<TRACE> pop_v\d\S* > .* ([\da-f.:]+\/\d+) /g);
    seen = text.length;
    return [...new Set([...lines].map(([, prefix = '']) => prefix))].sort();
  }

  /** An update that comes after all others has arrived: then what was received is all that was sent. */
  async function assertNoLeak(allowed: readonly string[] = own): Promise<void> {
    await driver.apply([], soon());
    await neighbourHas(fallback);
    await driver.apply([v4, v6], soon());
    await neighbourHas(own);
    const all = await received();
    assert.deepEqual(
      all.filter(prefix => !allowed.includes(prefix)),
      [],
    );
    assert(
      service.every(prefix => all.includes(prefix)),
      'the log shows what is received',
    );
  }

  test('receives our own among whatever the driver is asked to announce', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyAnnouncement, { maxLength: 8 }), async desired => {
        await driver.apply(desired, soon());
        const asked = desired.map(({ prefix }) => prefix.text).filter(text => service.includes(text));
        await neighbourHas([...fallback, ...new Set(asked)]);
      }),
      { numRuns: 40 },
    );
    await assertNoLeak();
  });

  for (const [what, text] of Object.entries(damages)) {
    test(`receives nothing else when announced.conf holds ${what}`, async () => {
      await driver.apply([v4, v6], soon());
      await writeFile(folder().announced, text, 'latin1');
      await configure();
      await assertNoLeak();
    });
  }

  test('receives nothing else whatever text is in announced.conf', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async text => {
        await writeFile(folder().announced, text);
        await configure();
      }),
      { numRuns: 60 },
    );
    await assertNoLeak();
  });

  test('receives nothing else when site.conf has more routes: the filter holds by itself', async () => {
    const whole = await readFile(folder().site, 'utf8');
    const route =
      'route 10.0.0.0/8 blackhole; route 203.0.113.0/25 blackhole; route 203.0.113.54/32 blackhole;';
    // BIRD exports the new routes before it hears of the new limit, unless it is told one after the other.
    const unlimited = whole.replace(/define EXPORT_LIMIT4 = \d+;/, 'define EXPORT_LIMIT4 = 1000;');
    await writeFile(folder().site, unlimited);
    assert.equal((await configure()).exitCode, 0);
    const template = /template static (?:service|fallback)_routes4 \{\n {2}ipv4;/g;
    await writeFile(folder().site, unlimited.replace(template, `$&\n  ${route}`));
    await writeFile(folder().announced, 'return true;\n');
    assert.equal((await configure()).exitCode, 0);
    const table = await runOrThrow(['birdc', '-s', folder().controlSocket, 'show', 'route']);
    assert.match(table, /^10\.0\.0\.0\/8 .*announced4/m);
    await writeFile(folder().site, whole);
    await assertNoLeak();
  });

  for (const { service, own: prefixes } of deployments) {
    test(`receives what the deployment owns: ${service}`, async () => {
      const yaml = peeringYaml.replace(/^service:\n(?: .*\n)+/m, `service: { ${service}, asn: 64500 }\n`);
      const slice = popOf(parseConfig(yaml, 'anycast.yaml', { checks: {}, drivers: ['bird'] }), 'fra');
      const whole = await readFile(folder().site, 'utf8');
      await writeFile(folder().site, renderSite(slice));
      await writeFile(folder().announced, 'return true;\n');
      const { stdout } = await configure();
      assert.match(stdout, /^Reconfigur/m);
      await neighbourHas(prefixes);
      await writeFile(folder().site, whole);
      await assertNoLeak([...own, ...prefixes]);
    });
  }
});
