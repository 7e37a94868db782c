/** Aliases that lead round, or on and on: each ends after a dozen steps, whoever's zones they go through. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceRecord } from '../../../src/dns/message.ts';
import { isSubdomain } from '../../../src/dns/name.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { openUniverse, type ServerScript, serve } from '../iterator/universe.ts';
import { a, cname, dname } from '../messages.ts';
import { replyTo, type UpstreamCall } from '../scripted-upstream.ts';

/** one. 11 and two. 12. A server with a DNAME record above the name gives it alone. */
const zones =
  (one: readonly ResourceRecord[], two: readonly ResourceRecord[] = []) =>
  (at: (octet: number) => string): Record<number, ServerScript> => {
    const script =
      (origin: string, records: readonly ResourceRecord[]) =>
      ({ query, send }: UpstreamCall): void => {
        const [question] = query.questions;
        const above = records.find(
          record =>
            record.type === recordTypes.DNAME &&
            question &&
            question.name.length > record.name.length &&
            isSubdomain(question.name, record.name),
        );
        const flags = { ...query.flags, qr: true, aa: true };
        send(above ? replyTo(query, { flags, answers: [above] }) : serve({ origin, records }, query));
      };
    return {
      10: {
        origin: '.',
        records: [],
        delegations: {
          'one.': { ns: ['ns.one.'], glue: [a('ns.one.', at(11))] },
          'two.': { ns: ['ns.two.'], glue: [a('ns.two.', at(12))] },
        },
      },
      11: script('one.', one),
      12: script('two.', two),
    };
  };

const limit = 'anycast_resolver_recursion_limits_total{limit="aliases"}';

const chain = (length: number): ResourceRecord[] => [
  ...Array.from({ length }, (_, i) => cname(`c${i}.one.`, `c${i + 1}.one.`)),
  a(`c${length}.one.`, '192.0.2.1'),
];

describe('aliases that do not end', () => {
  for (const [what, { asked, one, two }] of Object.entries({
    'to itself': { asked: 'x.one.', one: [cname('x.one.', 'x.one.')], two: [] },
    'to and fro in a zone': {
      asked: 'x.one.',
      one: [cname('x.one.', 'y.one.'), cname('y.one.', 'x.one.')],
      two: [],
    },
    'to and fro between zones': {
      asked: 'x.one.',
      one: [cname('x.one.', 'x.two.')],
      two: [cname('x.two.', 'x.one.')],
    },
    'to and fro by DNAME': {
      asked: 'x.d.one.',
      one: [dname('d.one.', 'd.two.')],
      two: [dname('d.two.', 'd.one.')],
    },
    'ever longer by DNAME': { asked: 'x.d.one.', one: [dname('d.one.', 'a.d.one.')], two: [] },
    'by DNAME and back by CNAME': {
      asked: 'x.d.one.',
      one: [dname('d.one.', 'two.')],
      two: [cname('x.two.', 'x.d.one.')],
    },
  })) {
    it(`are given up: ${what}`, async () => {
      await using universe = await openUniverse({ servers: zones(one, two) });
      const { status } = await universe.dig(asked, 'A');
      assert.equal(status, 'SERVFAIL');
      assert.ok(universe.sent() <= 20, `${universe.sent()}`);
      assert.equal(await universe.metric(limit), 1);
    });
  }

  it('are followed eleven times, not twelve', async () => {
    await using universe = await openUniverse({ servers: zones(chain(11)) });
    const eleven = await universe.dig('c0.one.', 'A');
    assert.equal(eleven.status, 'NOERROR');
    assert.equal(eleven.answers.length, 12);
    await using longer = await openUniverse({ servers: zones(chain(30)) });
    assert.equal((await longer.dig('c0.one.', 'A')).status, 'SERVFAIL');
    assert.ok(longer.sent() <= 14, `${longer.sent()}`);
    assert.equal(await longer.metric(limit), 1);
  });
});
