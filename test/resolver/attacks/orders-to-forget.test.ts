/** NOTIFY, UPDATE and the other opcodes, and classes of elsewhere (CVE-2025-59030, CVE-2026-5946): nobody outside tells a cache what to forget. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { opcodes } from '../../../src/dns/opcode.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { a, query, soa } from '../messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream } from '../scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { type AskTo, askTcp, askUdp, openTestResolver } from '../test-resolver.ts';

describe('orders that nobody here takes', () => {
  const parts = new AsyncDisposableStack();
  let deployment: TestDeployment;
  let upstream: ScriptedUpstream;
  let to: AskTo;
  before(async () => {
    deployment = testDeployment();
    to = { address: deployment.service, port: deployment.port };
    const [address] = deployment.upstreams;
    upstream = parts.use(
      await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
        send(replyTo(asked, { answers: [a('www.test.', '198.51.100.1')] })),
      ),
    );
    parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  const asked = encodeMessage(query('www.test.'));
  const ways: Readonly<Record<string, (octets: Uint8Array) => Promise<Uint8Array>>> = {
    UDP: octets => askUdp(octets, to),
    TCP: async octets => (await askTcp([octets], to))[0] ?? new Uint8Array(),
  };

  for (const [transport, ask] of Object.entries(ways)) {
    it(`over ${transport} change nothing in the cache`, async () => {
      assert.equal(decodeMessage(await ask(asked)).answers.length, 1);
      const before = upstream.calls.length;
      for (const opcode of [opcodes.NOTIFY, opcodes.UPDATE, 2, 6, 15]) {
        const order = encodeMessage({ ...query('www.test.', 'SOA'), opcode, answers: [soa('test.')] });
        const header = (await ask(order)).subarray(0, 4);
        assert.equal((header[3] ?? 0) & 0x0f, rcodes.NOTIMP, `opcode ${opcode}`);
      }
      for (const rrClass of [0, 4, 254, 255, 1000]) {
        const [question] = query('www.test.').questions;
        assert.ok(question);
        const elsewhere = encodeMessage({ ...query('.'), questions: [{ ...question, class: rrClass }] });
        assert.equal(decodeMessage(await ask(elsewhere)).rcode, rcodes.REFUSED, `class ${rrClass}`);
      }
      assert.equal(decodeMessage(await ask(asked)).answers.length, 1);
      assert.equal(upstream.calls.length, before);
    });
  }
});
