import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { query, soa } from '../../resolver/messages.ts';
import { openUpstream, replyTo } from '../../resolver/scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../../resolver/test-deployment.ts';
import {
  type AskTo,
  ask,
  askUdp,
  openTestResolver,
  type TestResolver,
} from '../../resolver/test-resolver.ts';

describe('RFC 8906, what servers commonly get wrong', () => {
  const parts = new AsyncDisposableStack();
  let deployment: TestDeployment;
  let resolver: TestResolver;
  let to: AskTo;
  before(async () => {
    deployment = testDeployment();
    to = { address: deployment.service, port: deployment.port };
    const [address] = deployment.upstreams;
    parts.use(
      await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
        send(replyTo(asked, { authorities: [soa('test.')] })),
      ),
    );
    resolver = parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  it('section 3.1.1: an unknown type is an ordinary question', async () => {
    assert.equal((await resolver.dig('TYPE1000', 'www.test')).status, 'NOERROR');
  });

  it('section 3.1.2: the header flags that mean nothing in a query change nothing', async () => {
    const asked = query('www.test.');
    const flags = { ...asked.flags, aa: true, tc: true, ra: true, ad: true };
    const reply = await ask({ ...asked, flags }, to);
    assert.equal(reply.rcode, rcodes.NOERROR);
    assert.deepEqual(reply.flags, {
      qr: true,
      aa: false,
      tc: false,
      rd: true,
      ra: true,
      ad: false,
      cd: false,
    });
    const reserved = encodeMessage(asked);
    reserved[3] = (reserved[3] ?? 0) | 0x40;
    const answered = await askUdp(reserved, to);
    assert.equal((answered[3] ?? 0) & 0x40, 0);
  });

  it('section 3.1.3: an unknown opcode gets NOTIMP, whatever follows its header', async () => {
    for (const opcode of [1, 2, 3, 4, 5, 6, 9, 15])
      assert.equal(
        (await resolver.dig(`+opcode=${opcode}`, 'www.test')).status,
        'NOTIMP',
        `opcode ${opcode}`,
      );
    const header = encodeMessage(query('www.test.', 'A', { opcode: 5 })).slice(0, 12);
    assert.equal(decodeMessage((await askUdp(header, to)).with(5, 0)).rcode, rcodes.NOTIMP);
  });

  it('section 3.2.2 to 3.2.5: unknown EDNS options and flags are ignored and not repeated', async () => {
    const { status, text } = await resolver.dig('+ednsopt=100:beef', '+ednsflags=0x80', 'www.test');
    assert.equal(status, 'NOERROR');
    assert.match(text, /EDNS: version: 0, flags:; udp/);
    assert.doesNotMatch(text, /OPT=100/);
  });

  it('octets that are no message get FORMERR when there is a header to answer to, and silence when not', async () => {
    const cut = encodeMessage(query('www.test.', 'A', { id: 0x4242 })).slice(0, 20);
    const reply = decodeMessage(await askUdp(cut, to));
    assert.deepEqual([reply.rcode, reply.id, reply.questions.length], [rcodes.FORMERR, 0x4242, 0]);
    const before = resolver.running.status.queries.udp;
    await assert.rejects(askUdp(cut.slice(0, 11), to, 100));
    assert.equal(resolver.running.status.queries.udp, before + 1);
  });

  it('a response is never answered', async () => {
    const asked = query('www.test.');
    const response = encodeMessage({ ...asked, flags: { ...asked.flags, qr: true } });
    await assert.rejects(askUdp(response, to, 100));
  });

  it('classes other than IN and CH are refused, transfers too, other meta types are not implemented', async () => {
    assert.equal((await resolver.dig('-c', 'HS', 'www.test')).status, 'REFUSED');
    assert.equal((await resolver.dig('-c', 'CLASS42', 'www.test')).status, 'REFUSED');
    assert.match((await resolver.dig('AXFR', 'test')).text, /Transfer failed/);
    assert.equal((await resolver.dig('MAILB', 'www.test')).status, 'NOTIMP');
    assert.equal((await resolver.dig('TYPE41', 'www.test')).status, 'FORMERR');
  });
});
