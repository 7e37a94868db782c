/**
 * The behaviour that every route driver owes the agent, as one suite to be run over each registered kind.
 *
 * A driver that cannot do something says so in `lacks`, by the claim's name and with the reason; the claim is then skipped
 * and the reason printed.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { parseIpPrefix } from '../../src/ip/prefix.ts';
import { type Announcement, attributesKey, plainAnnouncement } from '../../src/routing/announcement.ts';
import type { Observation, RouteDriver } from '../../src/routing/route-driver.ts';
import { eventually } from '../support/eventually.ts';

/** A driver with all it needs, its sessions established. */
export interface DriverBench extends AsyncDisposable {
  readonly driver: RouteDriver;
  /** The prefixes that the neighbour has learnt, fallback included. */
  neighbourPrefixes(): Promise<readonly string[]>;
  /** The attributes of one prefix as the neighbour's router shows them. */
  neighbourRoute(prefix: string): Promise<string>;
  /** How many withdrawals the neighbour has been sent so far; a replaced route is none. */
  neighbourWithdrawals(): Promise<number>;
  /** Makes the router refuse the next apply; what is returned makes it well again. */
  breakRouter(): Promise<() => Promise<void>>;
  /** Ends the router without a word, starts it afresh as the sidecar does, and waits for its sessions. */
  restartRouter(): Promise<void>;
  /** Ends the neighbour's IPv6 session; what is returned has it established again. */
  cutIpv6Session(): Promise<() => Promise<void>>;
  /** Has the router announce these without the driver, by whatever an operator or a stray program has at hand. */
  announceBehindItsBack(prefixes: readonly string[]): Promise<void>;
}

export interface DriverUnderTest {
  readonly kind: string;
  /** Prefixes exported whatever is applied. */
  readonly fallback: readonly string[];
  readonly lacks: Partial<Record<Claim, string>>;
  /** Why it cannot run here, if so. */
  readonly skip: string | undefined;
  open(): Promise<DriverBench>;
}

export type Claim = keyof typeof claims;

/** What no neighbour may ever learn: too short, too long, beside ours, or somebody else's. */
export const foreignPrefixes: readonly string[] = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '203.0.113.54/32',
  '203.0.113.52/31',
  '203.0.113.0/25',
  '::/0',
  '2001:db8:53::/64',
  '2001:db8:53::54/128',
];

export const v4 = announcement('203.0.113.53/32');
export const v6 = announcement('2001:db8:53::53/128');

export function announcement(text: string): Announcement {
  const prefix = parseIpPrefix(text);
  assert(prefix, text);
  return plainAnnouncement(prefix);
}

const rich: Announcement = {
  ...v6,
  communities: [
    [65_535, 0],
    [64_500, 65_535],
  ],
  largeCommunities: [[64_500, 1, 4_294_967_295]],
  prepend: 3,
  med: 4_294_967_295,
};

/** No call may hang: each has this long. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(10_000);
}

const claims = {
  'what is applied is exported, and nothing else': async bench => {
    await exports(bench, [v4, v6]);
  },
  'apply is the whole truth: what is not in it is withdrawn': async bench => {
    await exports(bench, [v4, v6]);
    await exports(bench, [v6]);
    await exports(bench, []);
  },
  'applying the same again changes nothing': async bench => {
    await exports(bench, [v4]);
    await exports(bench, [v4]);
  },
  'every session is observed, by the name of its neighbour': async bench => {
    const { sessions } = await bench.driver.observe(soon());
    assert(sessions.length > 0);
    for (const { neighbour, family, state, detail } of sessions) {
      assert.match(neighbour, /^[a-z][a-z0-9-]*$/);
      assert([4, 6].includes(family));
      assert.equal(state, 'established', detail);
    }
  },
  'an aborted call gives the reason of its signal': async bench => {
    const aborted = AbortSignal.abort(new Error('enough'));
    await assert.rejects(bench.driver.apply([v4], aborted), /enough/);
    await assert.rejects(bench.driver.observe(aborted), /enough/);
  },
  'the neighbour learns what is observed as exported': async (bench, fallback) => {
    for (const desired of [[v4, v6], [v6], []]) {
      await bench.driver.apply(desired, soon());
      const expected = [...fallback, ...desired.map(({ prefix }) => prefix.text)].sort();
      await eventually(async () => assert.deepEqual(await bench.neighbourPrefixes(), expected));
    }
  },
  'communities, prepend and MED reach the neighbour': async bench => {
    await bench.driver.apply([{ ...v4, communities: [[65_535, 0]], prepend: 2, med: 30 }, v6], soon());
    await eventually(async () => {
      const route = await bench.neighbourRoute(v4.prefix.text);
      for (const shown of [/as_path: 64500 64500 64500\n/, /med: 30\n/, /community: \(65535,0\)/])
        assert.match(route, shown);
    });
    await bench.driver.apply([v4, v6], soon());
    await eventually(async () =>
      assert.doesNotMatch(await bench.neighbourRoute(v4.prefix.text), /64500 64500|med:|community:/),
    );
  },
  'large communities reach the neighbour': async bench => {
    await bench.driver.apply([v4, { ...v6, largeCommunities: [[64_500, 1, 4_294_967_295]] }], soon());
    await eventually(async () =>
      assert.match(await bench.neighbourRoute(v6.prefix.text), /large_community: \(64500, 1, 4294967295\)/),
    );
  },
  'attributes are observed as they were applied': async ({ driver }) => {
    for (const desired of [rich, { ...rich, prepend: 1, med: 0 }, v6]) {
      await driver.apply([v4, desired], soon());
      await eventually(async () => {
        const { exported } = await driver.observe(soon());
        const routes = exported.get(v6.prefix.text) ?? [];
        assert(routes.length > 0);
        for (const route of routes) assert.equal(attributesKey(route), attributesKey(desired));
        assert.equal(exported.get(v4.prefix.text)?.[0]?.prepend, 0);
      });
    }
  },
  'a changed attribute withdraws nothing': async bench => {
    await bench.driver.apply([v4, v6], soon());
    await eventually(async () => assert((await bench.neighbourPrefixes()).includes(v4.prefix.text)));
    const before = await bench.neighbourWithdrawals();
    for (const med of [1, 2, 3]) await bench.driver.apply([{ ...v4, med }, v6], soon());
    await eventually(async () => assert.match(await bench.neighbourRoute(v4.prefix.text), /BGP\.med: 3\n/));
    assert.equal(await bench.neighbourWithdrawals(), before);
  },
  'nothing foreign is let out, whoever announces it': async (bench, fallback) => {
    await bench.driver.apply([v4], soon());
    await bench.announceBehindItsBack([...foreignPrefixes, v6.prefix.text]);
    // A service prefix may come from anybody, and shows that the others would have arrived by now.
    const expected = [...fallback, v4.prefix.text, v6.prefix.text].sort();
    await eventually(async () => assert.deepEqual(await bench.neighbourPrefixes(), expected));
    await exports(bench, [v4]);
    await eventually(async () =>
      assert.deepEqual(await bench.neighbourPrefixes(), [...fallback, v4.prefix.text].sort()),
    );
  },
  'a session that is down exports nothing, and the routes are back with it': async (bench, fallback) => {
    await bench.driver.apply([v4, v6], soon());
    const restore = await bench.cutIpv6Session();
    const onlyIpv4 = [...fallback, v4.prefix.text].filter(prefix => !prefix.includes(':')).sort();
    await eventually(async () => {
      const { exported, sessions } = await bench.driver.observe(soon());
      assert.deepEqual([...exported.keys()].sort(), onlyIpv4);
      assert.deepEqual(sessions.map(({ family, state }) => `${family} ${state}`).sort(), [
        '4 established',
        '6 down',
      ]);
    });
    await restore();
    await eventually(async () =>
      assert.deepEqual(await bench.neighbourPrefixes(), [...fallback, v4.prefix.text, v6.prefix.text].sort()),
    );
  },
  'a restart between two observations is not missed, and the next apply announces again': async (
    bench,
    fallback,
  ) => {
    await exports(bench, [v4, v6]);
    await bench.restartRouter();
    const seen = await bench.driver.observe(soon()).catch((error: unknown) => error);
    if (seen instanceof Error) assert.equal((seen as { code?: string }).code, 'unreachable');
    else assert.deepEqual([...(seen as Observation).exported.keys()].sort(), [...fallback].sort());
    await exports(bench, [v4, v6]);
    const expected = [...fallback, v4.prefix.text, v6.prefix.text].sort();
    await eventually(async () => assert.deepEqual(await bench.neighbourPrefixes(), expected));
  },
  'after a refusal the routes of before stand, and the next apply counts': async (bench, fallback) => {
    await bench.driver.apply([v4], soon());
    const mend = await bench.breakRouter();
    for (let attempt = 0; attempt < 2; attempt += 1)
      await assert.rejects(bench.driver.apply([v6], soon()), { name: 'Fault', code: 'refused' });
    const { exported } = await bench.driver.observe(soon());
    assert.deepEqual([...exported.keys()].sort(), [...fallback, v4.prefix.text].sort());
    await mend();
    await exports(bench, [v6]);
  },
} satisfies Record<string, (bench: ExportingBench, fallback: readonly string[]) => Promise<void>>;

interface ExportingBench extends DriverBench {
  readonly fallback: readonly string[];
}

async function exports(
  { driver, fallback }: ExportingBench,
  desired: readonly Announcement[],
): Promise<void> {
  await driver.apply(desired, soon());
  const expected = [...fallback, ...desired.map(({ prefix }) => prefix.text)].sort();
  const seen = (observation: Observation) => [...observation.exported.keys()].sort();
  await eventually(async () => assert.deepEqual(seen(await driver.observe(soon())), expected));
}

export function routeDriverContract(under: DriverUnderTest): void {
  suite(`route driver ${under.kind}`, { skip: under.skip ?? false }, () => {
    let bench: ExportingBench;
    before(async () => {
      bench = Object.assign(await under.open(), { fallback: under.fallback });
    });
    after(async () => await bench?.[Symbol.asyncDispose]());
    for (const [claim, check] of Object.entries(claims)) {
      const reason = under.lacks[claim as Claim];
      test(claim, { skip: reason ?? false }, async () => await check(bench, under.fallback));
    }
  });
}
