import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatRecord } from '../../../src/dns/record-text.ts';
import { MasterReader } from '../../../src/dns/text/master-reader.ts';
import { TextFault } from '../../../src/dns/text/text-fault.ts';
import { name } from '../../resolver/messages.ts';

function read(text: string): string[] {
  const reader = new MasterReader(name('zone.example.'));
  const records = text.split('\n').flatMap(line => reader.line(line) ?? []);
  reader.end();
  return records.map(formatRecord);
}

describe('a master file (RFC 1035 section 5.1)', () => {
  it('has relative names, owners left out, comments, parentheses and directives', () => {
    const text = `$TTL 1h ; the default
@ IN SOA ns hostmaster ( 1 ; serial (of today)
    2 3
    4 5 )
  NS ns
ns 60 A 192.0.2.1

\tIN AAAA 2001:db8::1
$ORIGIN sub
www CNAME www.example.
txt TXT "a ; b" ( "(c)"
  "d" )
$ORIGIN other.example.
@ A 192.0.2.2`;
    assert.deepEqual(read(text), [
      'zone.example. 3600 IN SOA ns.zone.example. hostmaster.zone.example. 1 2 3 4 5',
      'zone.example. 3600 IN NS ns.zone.example.',
      'ns.zone.example. 60 IN A 192.0.2.1',
      'ns.zone.example. 3600 IN AAAA 2001:db8::1',
      'www.sub.zone.example. 3600 IN CNAME www.example.',
      'txt.sub.zone.example. 3600 IN TXT "a ; b" "(c)" "d"',
      'other.example. 3600 IN A 192.0.2.2',
    ]);
  });

  it('takes the TTL of the record before where there is no default', () => {
    assert.deepEqual(
      read('a 60 A 192.0.2.1\nb A 192.0.2.2\nc 90 A 192.0.2.3\nd A 192.0.2.4').map(
        line => line.split(' ')[1],
      ),
      ['60', '60', '90', '90'],
    );
  });

  it('takes the minimum of a SOA record without a TTL, there and after', () => {
    assert.deepEqual(
      read('@ SOA ns hostmaster 1 2 3 4 55\na A 192.0.2.1').map(line => line.split(' ')[1]),
      ['55', '55'],
    );
  });

  for (const [text, complaint] of [
    ['a A 192.0.2.1', /no TTL/],
    [' 60 A 192.0.2.1', /no owner/],
    ['a 60 A ( 192.0.2.1', /ends inside/],
    ['a 60 A 192.0.2.1 )', /closed/],
    ['$INCLUDE file', /not taken/],
    ['$TTL', /one argument/],
    ['$GENERATE 1-2 a A 192.0.2.$', /one argument/],
    [`a 60 TXT (${' x'.repeat(17_000)}`, /without an end/],
    [`a 60 TXT (\n${` ${'x'.repeat(250)}\n`.repeat(262)})`, /at most 65535/],
  ] as const) {
    it(`refuses ${text.slice(0, 40)}`, () =>
      assert.throws(
        () => read(text),
        (error: unknown) => error instanceof TextFault && complaint.test(error.message),
      ));
  }

  it('gives records or a TextFault for any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'a@.;()"\\ \n\t1$TLORIGN*#'), maxLength: 60 }),
        text => {
          try {
            read(text);
          } catch (error) {
            assert.ok(error instanceof TextFault, String(error));
          }
        },
      ),
    );
  });
});
