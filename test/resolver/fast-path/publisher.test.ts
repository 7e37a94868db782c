import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encodeMessage, type Message, type ResourceRecord } from '../../../src/dns/message.ts';
import { formatName } from '../../../src/dns/name.ts';
import { extendedErrorOption, extendedErrors } from '../../../src/dns/options/extended-error.ts';
import { nsidRequest } from '../../../src/dns/options/nsid.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { eventually } from '../../support/eventually.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { a, cname, edns, name, query, soa, type TypeName } from '../messages.ts';
import { type FastWorld, openFastWorld } from './fast-world.ts';

type Sources = Readonly<Record<string, Reply>>;

function reply(answers: readonly ResourceRecord[], fields: Partial<Reply> = {}): Reply {
  return { ...emptyReply(rcodes.NOERROR), answers, origin: 'resolved', isCacheable: true, ...fields };
}

function aaaa(owner: string): ResourceRecord {
  const rdata = {
    kind: 'AAAA',
    address: Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), 7),
  } as const;
  return { name: name(owner), type: recordTypes.AAAA, class: 1, ttl: 300, rdata };
}

const authorities = [soa('test')];

/** By name and type; the rest does not exist. */
const sources: Sources = {
  'www.test. A': reply([a('www.test', '198.18.0.9')]),
  'www.test. AAAA': reply([aaaa('www.test')]),
  'old.test. A': reply([a('old.test', '198.18.0.9')]),
  'old.test. AAAA': reply([], { authorities }),
  'inside.test. A': reply([a('inside.test', '10.0.0.1')]),
  'leads.test. A': reply([cname('leads.test', 'bad.test'), a('bad.test', '198.18.0.9')]),
  'told.test. A': reply([a('told.test', '198.18.0.9')], {
    options: [extendedErrorOption({ infoCode: extendedErrors.other, text: 'told' })],
  }),
  'long.test. A': reply(Array.from({ length: 30 }, (_, index) => a('long.test', `198.18.0.${index}`))),
  'brief.test. A': reply([a('brief.test', '198.18.0.9', 5)]),
};

async function opened(resolver: readonly string[] = [], clock: FakeClock = fakeClock(1_750_000_000_000)) {
  const asked = { count: 0 };
  const world = await openFastWorld({
    clock,
    hasCookies: false,
    resolver,
    resolve: question => {
      asked.count += 1;
      const type = Object.entries(recordTypes).find(([, code]) => code === question.type)?.[0];
      const found = sources[`${formatName(question.name)} ${type}`];
      return found ?? reply([], { rcode: rcodes.NXDOMAIN, authorities });
    },
  });
  return Object.assign(world, { asked, clock });
}

function ask(
  world: FastWorld,
  asked: { text: string; type?: TypeName; address?: string } & Partial<Message>,
): boolean {
  const { text, type = 'A', address = '198.18.0.1', ...fields } = asked;
  return world.ask(Uint8Array.from(encodeMessage(query(text, type, fields))), address).isFast;
}

/** Whether a thread answers it once the cache has it and has given it. */
function isPublished(world: FastWorld, asked: Parameters<typeof ask>[1]): boolean {
  assert.equal(ask(world, asked), false);
  assert.equal(ask(world, asked), false);
  return ask(world, asked);
}

const flags = { qr: false, aa: false, tc: false, rd: true, ra: false, ad: false, cd: false };

describe('what threads may answer', () => {
  it('is what the cache has given: positive answers, denials, and with NSID', async () => {
    await using world = await opened();
    assert.ok(isPublished(world, { text: 'www.test' }));
    assert.ok(isPublished(world, { text: 'old.test', type: 'AAAA' }));
    assert.ok(isPublished(world, { text: 'nowhere.test' }));
    assert.ok(
      isPublished(world, { text: 'www.test', edns: edns({ dnssecOk: true, options: [nsidRequest] }) }),
    );
  });

  it('is no name that was asked once', async () => {
    await using world = await opened();
    for (let index = 0; index < 500; index += 1) ask(world, { text: `flood-${index}.test` });
    world.asked.count = 0;
    for (let index = 0; index < 500; index += 1)
      assert.equal(ask(world, { text: `flood-${index}.test` }), false);
    assert.equal(world.asked.count, 0);
  });

  it('is given to a query without RD by the pipeline, which refuses it', async () => {
    await using world = await opened();
    assert.ok(isPublished(world, { text: 'www.test' }));
    assert.equal(ask(world, { text: 'www.test', flags: { ...flags, rd: false } }), false);
  });

  it('is neither ANY, nor our own names, nor what carries an extended error, nor what is too long for a slot', async () => {
    await using world = await opened([
      `names: { specialUse: { except: [test.] }, records: ['own.test. 60 A 198.18.4.1', 'led.test. 60 CNAME www.test.'],
        steered: [{ name: steered.test, default: [198.18.4.3] }] }`,
    ]);
    for (const text of ['own.test', 'led.test', 'steered.test', 'localhost', 'told.test', 'long.test'])
      assert.equal(isPublished(world, { text }), false, text);
    assert.equal(isPublished(world, { text: 'www.test', type: 'ANY' }), false);
  });

  it('is what rebinding has left alone', async () => {
    await using world = await opened(['names: { specialUse: { except: [test.] }, rebinding: {} }']);
    assert.equal(isPublished(world, { text: 'inside.test' }), false);
    assert.ok(isPublished(world, { text: 'www.test' }));
  });

  it('is with DNS64 for all what needs no A record', async () => {
    await using world = await opened([
      'names: { specialUse: { except: [test.] }, dns64: { prefix: "64:ff9b::/96" } }',
    ]);
    assert.equal(isPublished(world, { text: 'old.test', type: 'AAAA' }), false);
    assert.ok(isPublished(world, { text: 'www.test', type: 'AAAA' }));
    assert.ok(isPublished(world, { text: 'nowhere.test', type: 'AAAA' }));
    assert.ok(ask(world, { text: 'old.test' }) || ask(world, { text: 'old.test' }));
    const validating = { flags: { ...flags, cd: true }, edns: edns({ dnssecOk: true }) };
    assert.ok(isPublished(world, { text: 'old.test', type: 'AAAA', ...validating }));
  });

  it('is with DNS64 for some nothing that those would get otherwise', async () => {
    await using world = await opened([
      'names: { specialUse: { except: [test.] }, dns64: { prefix: "64:ff9b::/96", clients: ["2001:db8::/32"] } }',
    ]);
    assert.equal(isPublished(world, { text: 'old.test', type: 'AAAA' }), false);
    assert.equal(isPublished(world, { text: 'www.test', type: 'AAAA' }), false);
    assert.equal(isPublished(world, { text: '1.0.18.198.in-addr.arpa', type: 'PTR' }), false);
    assert.ok(isPublished(world, { text: 'old.test' }));
  });

  it('is no name of a list, no alias to one, and none that a list lets pass', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'bad'), 'bad.test\nold.test\n');
    await writeFile(join(folder.path, 'good'), 'www.test\n');
    await using world = await opened([
      `names: { specialUse: { except: [test.] }, blockLists: [{ file: ${folder.path}/bad }, { file: ${folder.path}/good, action: pass }] }`,
    ]);
    for (const text of ['bad.test', 'leads.test', 'old.test', 'www.test'])
      assert.equal(isPublished(world, { text }), false, text);
    assert.ok(isPublished(world, { text: 'inside.test' }));
  });

  it('is nothing while a policy zone goes by clients', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'rpz');
    const head = '$ORIGIN rpz.test.\n@ 60 SOA ns.test. h.test. 1 1 1 1 1\n@ 60 NS ns.test.\n';
    await writeFile(file, `${head}24.0.9.18.198.rpz-client-ip 60 CNAME .\n`);
    await using world = await opened([
      `names: { specialUse: { except: [test.] }, rpz: [{ zone: rpz.test, file: ${file} }] }`,
    ]);
    assert.equal(isPublished(world, { text: 'www.test' }), false);
  });

  it('is empty once a list was read anew', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'bad');
    await writeFile(file, 'bad.test\n');
    await using world = await opened([
      `names: { specialUse: { except: [test.] }, blockLists: [{ file: ${file} }] }`,
    ]);
    assert.ok(isPublished(world, { text: 'www.test' }));
    await writeFile(`${file}.new`, 'www.test\n');
    await rename(`${file}.new`, file);
    await world.names.reload();
    assert.equal(isPublished(world, { text: 'www.test' }), false);
  });

  it('is given for some seconds at a time, and not past its end', async () => {
    await using world = await opened();
    assert.ok(isPublished(world, { text: 'www.test' }));
    await world.clock.advance(15_000);
    assert.equal(ask(world, { text: 'www.test' }), true);
    await world.clock.advance(15_000);
    assert.equal(ask(world, { text: 'www.test' }), false);
    assert.equal(ask(world, { text: 'www.test' }), true);
    assert.ok(isPublished(world, { text: 'brief.test' }));
    world.asked.count = 0;
    await world.clock.advance(5000);
    assert.equal(ask(world, { text: 'brief.test' }), false);
    assert.equal(world.asked.count, 1);
  });

  it('does not end for all names at once, when they were asked together', async () => {
    await using world = await opened();
    const names = Array.from({ length: 200 }, (_, index) => `name-${index}.test`);
    for (const text of names) assert.ok(isPublished(world, { text }));
    await world.clock.advance(22_500);
    const living = names.filter(text => ask(world, { text }));
    assert.ok(living.length > 50 && living.length < 150, `${living.length} of 200`);
  });

  it('leaves the query that starts a refresh to the pipeline', async () => {
    await using world = await opened();
    assert.ok(isPublished(world, { text: 'www.test' }));
    await world.clock.advance(265_000);
    assert.deepEqual([ask(world, { text: 'www.test' }), ask(world, { text: 'www.test' })], [false, true]);
    world.asked.count = 0;
    await world.clock.advance(4_999);
    assert.equal(ask(world, { text: 'www.test' }), true);
    await world.clock.advance(1);
    assert.equal(ask(world, { text: 'www.test' }), false);
    await eventually(() => assert.equal(world.asked.count, 1));
  });
});
