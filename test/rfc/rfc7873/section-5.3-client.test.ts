import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findOption, optionCodes } from '../../../src/dns/edns.ts';
import type { Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import {
  addressIn,
  right,
  rightAnswer,
  silent,
  TestAuthorities,
} from '../../resolver/exchange/authorities-under-test.ts';
import { edns } from '../../resolver/messages.ts';
import type { UpstreamCall } from '../../resolver/scripted-upstream.ts';
import { jumpingClock } from '../../support/jumping-clock.ts';

/** A server's half. */
const serverHalf = Uint8Array.from({ length: 16 }, (_, at) => at + 1);

function cookieIn({ edns }: Message): Uint8Array | undefined {
  return findOption(edns, optionCodes.cookie)?.data;
}

/** The client's half of the query's cookie, and after it the server's. */
function given({ query }: UpstreamCall, half = serverHalf): Uint8Array {
  return Uint8Array.of(...(cookieIn(query) ?? new Uint8Array(8)).subarray(0, 8), ...half);
}

/** The right answer, or one with these fields, with this cookie. */
function answer(call: UpstreamCall, cookie: Uint8Array, fields: Partial<Message> = {}): Message {
  const options = [{ code: optionCodes.cookie, data: cookie }];
  return rightAnswer(call.query, { edns: edns({ options }), ...fields });
}

const withCookie = (call: UpstreamCall): void => call.send(answer(call, given(call)));

/** Of the name asked for, whatever its case. */
function firstLetter({ query }: UpstreamCall): string {
  return String.fromCharCode(query.questions[0]?.name[1] ?? 0).toLowerCase();
}

/** What the servers got, in the order it came: transport, and octets of the cookie. */
function got(calls: readonly UpstreamCall[]): string[] {
  return calls.map(({ transport, query }) => `${transport} ${cookieIn(query)?.length ?? 'none'}`);
}

describe('RFC 7873 sections 4 and 5.1, what a resolver sends as a client', () => {
  it('is a cookie of 8 octets, the same to one server, and another to each', async () => {
    await using under = new TestAuthorities();
    const [one, other] = await under.serve(withCookie, withCookie);
    for (const index of [0, 1]) {
      await under.ask('a.test.', { servers: [under.address(index)] });
      await under.ask('b.test.', { servers: [under.address(index)] });
    }
    const halves = [one, other].map(server =>
      server?.calls.map(({ query }) => Buffer.from(cookieIn(query)?.subarray(0, 8) ?? []).toString('hex')),
    );
    assert.deepEqual(got(one?.calls ?? []), ['udp 8', 'udp 24']);
    assert.equal(halves[0]?.[0], halves[0]?.[1]);
    assert.notEqual(halves[0]?.[0], halves[1]?.[0]);
    assert.notEqual(halves[0]?.[0], '0'.repeat(16));
  });

  it('is another to the same server by another process', async () => {
    const halves: string[] = [];
    for (const _ of [1, 2]) {
      await using under = new TestAuthorities();
      const [server] = await under.serve(withCookie);
      await under.ask('a.test.');
      halves.push(Buffer.from(cookieIn(server?.calls[0]?.query ?? assert.fail()) ?? []).toString('hex'));
    }
    assert.notEqual(halves[0], halves[1]);
  });

  it('is no cookie where it is turned off', async () => {
    await using under = new TestAuthorities({ sendsCookies: false });
    const [server] = await under.serve(withCookie);
    assert.ok(await under.ask('a.test.'));
    assert.deepEqual(got(server?.calls ?? []), ['udp none']);
  });
});

describe('RFC 7873 section 5.3, what a resolver makes of responses', () => {
  it('gives the server the half that came last, be it with an error', async () => {
    await using under = new TestAuthorities();
    const second = serverHalf.map(octet => octet + 1);
    const [server] = await under.serve(call => {
      const half = firstLetter(call) === 'a' ? serverHalf : second;
      call.send(answer(call, given(call, half), { rcode: rcodes.SERVFAIL, answers: [] }));
    });
    for (const name of ['a.test.', 'b.test.', 'b.test.']) await under.ask(name, { type: 'AAAA' });
    const halves = server?.calls.map(({ query }) => [...(cookieIn(query)?.subarray(8) ?? [])]);
    assert.deepEqual(halves, [[], [...serverHalf], [...second]]);
    assert.equal(under.counters.cookiesKept, 3);
  });

  const forged: [claim: string, cookie: (call: UpstreamCall) => Uint8Array][] = [
    ['another client cookie', call => given(call).map((octet, at) => (at === 7 ? octet ^ 1 : octet))],
    ['an illegal length', call => given(call).subarray(0, 12)],
    ['a length of nothing', () => new Uint8Array(0)],
  ];
  for (const [claim, cookie] of forged) {
    it(`does not believe one that has ${claim}, and asks where nobody forges`, async () => {
      await using under = new TestAuthorities();
      const [server] = await under.serve(call => {
        if (call.transport === 'tcp') return withCookie(call);
        call.send({ ...answer(call, cookie(call)), rcode: rcodes.NXDOMAIN, answers: [] });
      });
      const got = await under.ask('a.test.');
      assert.equal(addressIn(got), '198.51.100.80');
      assert.equal(server?.calls.at(-1)?.transport, 'tcp');
      assert.equal(under.counters.cookiesLost, 1);
      assert.equal(under.counters.mismatched, 1);
    });
  }

  it('does not believe one without a cookie of a server that gives them', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      const isLater = firstLetter(call) === 'b';
      if (call.transport === 'udp' && isLater) call.send(rightAnswer(call.query, { answers: [] }));
      else withCookie(call);
    });
    await under.ask('a.test.');
    assert.equal(addressIn(await under.ask('b.test.')), '198.51.100.80');
    assert.deepEqual(got(server?.calls ?? []), ['udp 8', 'udp 24', 'tcp 24']);
  });

  it('believes one without over TCP, and sends that server none for a while', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (firstLetter(call) === 'a') withCookie(call);
      else right(call);
    });
    for (const name of ['a.test.', 'b.test.', 'c.test.'])
      assert.equal(addressIn(await under.ask(name)), '198.51.100.80');
    assert.deepEqual(got(server?.calls ?? []), ['udp 8', 'udp 24', 'tcp 24', 'udp none']);
  });

  it('asks again with the cookie that came with BADCOOKIE', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (cookieIn(call.query)?.length === 24) withCookie(call);
      else call.send(answer(call, given(call), { rcode: rcodes.BADCOOKIE, answers: [] }));
    });
    assert.equal(addressIn(await under.ask('a.test.')), '198.51.100.80');
    assert.deepEqual(got(server?.calls ?? []), ['udp 8', 'udp 24']);
    assert.equal(under.counters.badCookies, 1);
  });

  it('asks over TCP after a second BADCOOKIE', async () => {
    await using under = new TestAuthorities();
    let number = 0;
    const [server] = await under.serve(call => {
      number += 1;
      if (call.transport === 'tcp') return withCookie(call);
      // As anycast servers do that share no secret: each wants its own.
      const half = serverHalf.map(octet => octet + number);
      call.send(answer(call, given(call, half), { rcode: rcodes.BADCOOKIE, answers: [] }));
    });
    assert.equal(addressIn(await under.ask('a.test.')), '198.51.100.80');
    assert.deepEqual(got(server?.calls ?? []), ['udp 8', 'udp 24', 'tcp 24']);
  });

  it('asks over TCP at once where BADCOOKIE brings no cookie', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (call.transport === 'tcp') right(call);
      else call.send(rightAnswer(call.query, { edns: edns(), rcode: rcodes.BADCOOKIE, answers: [] }));
    });
    assert.equal(addressIn(await under.ask('a.test.')), '198.51.100.80');
    assert.deepEqual(got(server?.calls ?? []), ['udp 8', 'tcp none']);
  });
});

describe('RFC 9018 section 3, servers without cookies', () => {
  it('are sent none for five minutes, then one that they have not seen', async () => {
    const clock = jumpingClock();
    await using under = new TestAuthorities({ clock });
    const [server] = await under.serve(right);
    await under.ask('a.test.');
    await under.ask('b.test.');
    clock.jump(299_000);
    await under.ask('c.test.');
    clock.jump(2000);
    await under.ask('d.test.');
    const calls = server?.calls ?? [];
    assert.deepEqual(got(calls), ['udp 8', 'udp none', 'udp none', 'udp 8']);
    assert.notDeepEqual(
      cookieIn(calls[0]?.query ?? assert.fail()),
      cookieIn(calls[3]?.query ?? assert.fail()),
    );
  });

  it('that send the cookie back as it came are none that give any', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => call.send(answer(call, given(call, new Uint8Array(0)))));
    await under.ask('a.test.');
    await under.ask('b.test.');
    assert.deepEqual(got(server?.calls ?? []), ['udp 8', 'udp none']);
  });

  it('that find fault with the option are asked again without it, with EDNS', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (!cookieIn(call.query)) right(call);
      else call.send(rightAnswer(call.query, { edns: edns(), rcode: rcodes.FORMERR, answers: [] }));
    });
    for (const name of ['a.test.', 'b.test.'])
      assert.equal(addressIn(await under.ask(name)), '198.51.100.80');
    assert.deepEqual(got(server?.calls ?? []), ['udp 8', 'udp none', 'udp none']);
    assert.ok(server?.calls.every(({ query }) => query.edns));
  });

  it('that cannot read EDNS get none', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(({ query, send }) => {
      const { edns: _, ...plain } = rightAnswer(query);
      send(query.edns ? { ...plain, rcode: rcodes.FORMERR, answers: [], questions: [] } : plain);
    });
    for (const name of ['a.test.', 'b.test.'])
      assert.equal(addressIn(await under.ask(name)), '198.51.100.80');
    assert.deepEqual(
      server?.calls.map(({ query }) => query.edns !== undefined),
      [true, false, false],
    );
  });

  it('that are silent when there is one are answered for without it', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => (cookieIn(call.query) ? silent() : right(call)));
    for (const name of ['a.test.', 'b.test.'])
      assert.equal(addressIn(await under.ask(name)), '198.51.100.80');
    assert.deepEqual(got(server?.calls ?? []), ['udp 8', 'udp none', 'udp none']);
  });
});
