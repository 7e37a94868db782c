import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../../src/dns/message.ts';
import { octets, wire } from '../../dns/octets.ts';

const opt = '00 0029 04d0 00 00 0000 0000';

test('the OPT record is taken out of the additional section', () => {
  const { edns, additionals } = decodeMessage(wire([0, 0, 0, 1], octets(opt)));
  assert.deepEqual(edns, { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] });
  assert.deepEqual(additionals, []);
});

test('a message without OPT has no EDNS', () => {
  assert.equal(decodeMessage(wire([0, 0, 0, 0], octets(''))).edns, undefined);
});

test('two OPT records are a fault (6.1.1)', () => {
  assert.throws(() => decodeMessage(wire([0, 0, 0, 2], octets(`${opt} ${opt}`))), { code: 'duplicate-opt' });
});

test('an OPT record outside the additional section is a fault (6.1.1)', () => {
  assert.throws(() => decodeMessage(wire([0, 1, 0, 0], octets(opt))), { code: 'misplaced-opt' });
  assert.throws(() => decodeMessage(wire([0, 0, 1, 0], octets(opt))), { code: 'misplaced-opt' });
});

test('an OPT record that the root does not own is a fault (6.1.2)', () => {
  assert.throws(() => decodeMessage(wire([0, 0, 0, 1], octets(`01 'a' ${opt}`))), { code: 'misplaced-opt' });
});

test('options that do not fill RDATA exactly are a fault (6.1.2)', () => {
  for (const rdata of ['0003 000a 00', '0004 000a 0001', '0005 000a 0002 00']) {
    const broken = octets(`00 0029 04d0 00 00 0000 ${rdata}`);
    assert.throws(() => decodeMessage(wire([0, 0, 0, 1], broken)), { code: 'rdata-length' }, rdata);
  }
});

test('32 options are read, 33 are a fault', () => {
  const withOptions = (count: number) => {
    const length = (count * 4).toString(16).padStart(4, '0');
    return wire([0, 0, 0, 1], octets(`00 0029 04d0 00 00 0000 ${length} ${'fde9 0000'.repeat(count)}`));
  };
  assert.equal(decodeMessage(withOptions(32)).edns?.options.length, 32);
  assert.throws(() => decodeMessage(withOptions(33)), { code: 'option-limit' });
});

test('the rcode is the eight bits of OPT before the four of the header (6.1.3)', () => {
  const message = wire([0, 0, 0, 1], octets('00 0029 04d0 01 00 0000 0000'));
  message[3] = 7;
  assert.equal(decodeMessage(message).rcode, 23);
});

test('a version we do not know is read, its options are not (6.1.3)', () => {
  const { edns } = decodeMessage(wire([0, 0, 0, 1], octets('00 0029 04d0 00 01 8000 0003 ffffff')));
  assert.deepEqual(edns, { udpPayloadSize: 1232, version: 1, dnssecOk: true, options: [] });
});

test('a payload size below 512 is read as 512 (6.2.3)', () => {
  assert.equal(
    decodeMessage(wire([0, 0, 0, 1], octets('00 0029 0010 00 00 0000 0000'))).edns?.udpPayloadSize,
    512,
  );
});
