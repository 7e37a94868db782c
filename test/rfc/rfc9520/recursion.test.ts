import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse, type ServerScript } from '../../resolver/iterator/universe.ts';
import { a } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

const withBroken =
  (...scripts: readonly ServerScript[]) =>
  (at: (octet: number) => string): Record<number, ServerScript> => {
    const names = scripts.map((_, index) => `ns${index}.broken.`);
    const glue = names.map((server, index) => a(server, at(11 + index)));
    return {
      10: { origin: '.', records: [], delegations: { 'broken.': { ns: names, glue } } },
      ...Object.fromEntries(scripts.map((script, index) => [11 + index, script])),
    };
  };

const silent: ServerScript = () => undefined;
const failing =
  (rcode: number): ServerScript =>
  ({ query, send }) =>
    send(replyTo(query, { rcode }));

describe('RFC 9520, failures of recursion', () => {
  it('section 3.1: a question is sent to a server that keeps silent only a few times', async () => {
    await using universe = await openUniverse({
      servers: withBroken(silent, silent),
      resolver: ['queryTimeout: 3s'],
    });
    assert.equal((await universe.dig('www.broken.', 'A')).status, 'SERVFAIL');
    for (const octet of [11, 12]) {
      const calls = universe.servers[octet]?.calls.length ?? 0;
      assert.ok(calls >= 1 && calls <= 4, `${calls}`);
    }
  });

  for (const [rcode, what] of [
    [rcodes.SERVFAIL, 'SERVFAIL'],
    [rcodes.REFUSED, 'REFUSED'],
    [rcodes.NOTIMP, 'NOTIMP'],
  ] as const) {
    it(`sections 2.1 and 3.2: ${what} of every server is a failure, and the next query for the name is answered from memory`, async () => {
      await using universe = await openUniverse({ servers: withBroken(failing(rcode), failing(rcode)) });
      const first = await universe.dig('www.broken.', 'A');
      assert.equal(first.status, 'SERVFAIL');
      assert.match(first.text, /EDE: 23/);
      const sent = universe.sent();
      assert.ok(sent <= 10, `${sent}`);
      const second = await universe.dig('www.broken.', 'A');
      assert.equal(second.status, 'SERVFAIL');
      assert.match(second.text, /EDE: 13/);
      assert.equal(universe.sent(), sent);
    });
  }

  it('section 3.3: failures of a zone do not have its parent asked for the delegation again', async () => {
    await using universe = await openUniverse({
      servers: withBroken(failing(rcodes.SERVFAIL)),
    });
    for (let index = 0; index < 10; index += 1)
      assert.equal((await universe.dig(`www${index}.broken.`, 'A')).status, 'SERVFAIL');
    assert.equal(universe.servers[10]?.calls.length, 1);
  });

  it('section 3.2: a failure is of its name and type alone', async () => {
    await using universe = await openUniverse({
      servers: withBroken(call => {
        const [asked] = call.query.questions;
        if (asked?.type === 28) call.send(replyTo(call.query, { rcode: rcodes.SERVFAIL }));
        else {
          const flags = { ...call.query.flags, qr: true, aa: true };
          call.send(replyTo(call.query, { flags, answers: [a('www.broken.', '192.0.2.1')] }));
        }
      }),
    });
    assert.equal((await universe.dig('www.broken.', 'AAAA')).status, 'SERVFAIL');
    assert.deepEqual((await universe.dig('www.broken.', 'A')).answers, ['www.broken. 300 IN A 192.0.2.1']);
  });
});
