import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Edns, EdnsOption } from '../../../src/dns/edns.ts';
import { extendedErrorOption, readExtendedErrors } from '../../../src/dns/options/extended-error.ts';
import { nsidOption, nsidRequest, readNsid } from '../../../src/dns/options/nsid.ts';
import { readTcpKeepalive, tcpKeepaliveOption } from '../../../src/dns/options/tcp-keepalive.ts';
import { octets } from '../octets.ts';

function ednsWith(...options: EdnsOption[]): Edns {
  return { udpPayloadSize: 1232, version: 0, dnssecOk: false, options };
}

test('no option is read from a message without EDNS, or without that option', () => {
  for (const edns of [undefined, ednsWith(), ednsWith({ code: 65_001, data: octets('00') })]) {
    assert.equal(readNsid(edns), undefined);
    assert.equal(readTcpKeepalive(edns), undefined);
    assert.deepEqual(readExtendedErrors(edns), []);
  }
});

test('an identifier is asked for by an empty option and answered by its octets', () => {
  assert.deepEqual(readNsid(ednsWith(nsidRequest)), new Uint8Array(0));
  assert.deepEqual(readNsid(ednsWith(nsidOption(octets("'fra'")))), octets("'fra'"));
});

test('a keepalive time is counted in 100 ms, rounded down and capped', () => {
  assert.deepEqual(tcpKeepaliveOption({ timeoutMs: 30_099 }).data, octets('012c'));
  assert.deepEqual(readTcpKeepalive(ednsWith(tcpKeepaliveOption({ timeoutMs: 30_099 }))), {
    timeoutMs: 30_000,
  });
  assert.deepEqual(tcpKeepaliveOption({ timeoutMs: 1e9 }).data, octets('ffff'));
  assert.deepEqual(readTcpKeepalive(ednsWith(tcpKeepaliveOption({}))), {});
  assert.throws(() => readTcpKeepalive(ednsWith({ code: 11, data: octets('01') })), {
    code: 'option-malformed',
  });
});

test('extended errors are all read, in order, with any text', () => {
  const anyError = fc.tuple(fc.nat(0xffff), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(fc.array(anyError), pairs => {
      const errors = pairs.map(([infoCode, text]) => ({ infoCode, text: text.replace(/^\ufeff|\0+$/g, '') }));
      assert.deepEqual(readExtendedErrors(ednsWith(...errors.map(extendedErrorOption))), errors);
    }),
  );
});

test('a text that ends in NUL is read without it, and text that is no UTF-8 is still read', () => {
  assert.deepEqual(readExtendedErrors(ednsWith({ code: 15, data: octets("0016 'no' 00") })), [
    { infoCode: 22, text: 'no' },
  ]);
  assert.equal(readExtendedErrors(ednsWith({ code: 15, data: octets('0016 ff') }))[0]?.text, '\ufffd');
  assert.throws(() => readExtendedErrors(ednsWith({ code: 15, data: octets('00') })), {
    code: 'option-malformed',
  });
});
