import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { scrub } from '../../../src/resolver/upstreams/scrub.ts';
import { a, cname, name, ns, query, question, soa, txt } from '../messages.ts';
import { replyTo } from '../scripted-upstream.ts';

function scrubbed(type: 'A' | 'TXT' | 'CNAME', fields: Partial<Message>) {
  return scrub(question('www.test.', type), replyTo(query('www.test.', type), fields));
}

describe('scrubbing an answer', () => {
  it('keeps the alias chain and what it ends in, in whatever order and case they come', () => {
    const answers = [
      a('c.other.test.', '198.51.100.3'),
      cname('B.test.', 'c.other.test.'),
      cname('WWW.test.', 'b.test.'),
    ];
    assert.deepEqual(scrubbed('A', { answers })?.answers, answers);
  });

  it('drops records of other names, of other types and of other classes', () => {
    const wanted = a('www.test.', '198.51.100.1');
    const answers = [
      a('bank.example.', '198.51.100.66'),
      txt('www.test.', 'unasked'),
      { ...a('www.test.', '198.51.100.67'), class: 3 },
      wanted,
    ];
    assert.deepEqual(scrubbed('A', { answers })?.answers, [wanted]);
  });

  it('drops the additional section, and authority records of a positive answer', () => {
    const reply = scrubbed('A', {
      answers: [a('www.test.', '198.51.100.1')],
      authorities: [ns('test.', 'ns.bank.example.'), soa('test.')],
      additionals: [a('ns.bank.example.', '198.51.100.66')],
    });
    assert.deepEqual(reply?.authorities, []);
  });

  it('keeps the SOA record of a denial only when its zone holds the name', () => {
    const right = soa('test.');
    const authorities = [soa('example.'), right, ns('test.', 'ns.test.')];
    assert.deepEqual(scrubbed('A', { rcode: rcodes.NXDOMAIN, authorities })?.authorities, [right]);
    assert.deepEqual(scrubbed('A', { authorities })?.authorities, [right]);
  });

  it('keeps the DNAME record that made an alias', () => {
    const dname = {
      ...cname('test.', 'example.'),
      type: 39,
      rdata: { kind: 'DNAME', target: name('example.') } as const,
    };
    const answers = [dname, cname('www.test.', 'www.example.'), a('www.example.', '198.51.100.1')];
    assert.deepEqual(scrubbed('A', { answers })?.answers, answers);
  });

  it('stops at an alias that points back, and follows a dozen names at most', () => {
    const loop = [cname('www.test.', 'b.test.'), cname('b.test.', 'www.test.')];
    assert.equal(scrubbed('A', { answers: loop })?.answers.length, 2);
    const chain = Array.from({ length: 30 }, (_, index) =>
      cname(index === 0 ? 'www.test.' : `n${index}.test.`, `n${index + 1}.test.`),
    );
    assert.equal(scrubbed('A', { answers: chain })?.answers.length, 12);
  });

  it('gives an alias that was asked for as itself', () => {
    const answers = [cname('www.test.', 'b.test.'), cname('b.test.', 'c.test.')];
    assert.deepEqual(scrubbed('CNAME', { answers })?.answers, answers.slice(0, 1));
  });

  it('finds no use in failures and referrals', () => {
    assert.equal(scrubbed('A', { rcode: rcodes.SERVFAIL }), undefined);
    assert.equal(scrubbed('A', { rcode: rcodes.REFUSED }), undefined);
    assert.equal(scrubbed('A', { authorities: [ns('www.test.', 'ns.www.test.')] }), undefined);
  });
});
