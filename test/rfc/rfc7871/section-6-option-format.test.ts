import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientSubnetOption, readClientSubnet } from '../../../src/dns/options/client-subnet.ts';
import { hex, octets } from '../../dns/octets.ts';

function read(data: string) {
  const option = { code: 8, data: octets(data) };
  return readClientSubnet({ udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [option] });
}

test('a subnet is its prefix, with as many octets as the prefix needs', () => {
  const subnets = {
    '0001 18 00 c00002': 4,
    '0001 14 00 c0a8f0': 4,
    '0002 38 30 20010db8005300': 16,
    '0001 00 00': 4,
  };
  for (const [data, size] of Object.entries(subnets)) {
    const subnet = read(data);
    assert.equal(subnet?.address.length, size);
    assert.equal(subnet && hex(clientSubnetOption(subnet).data), hex(octets(data)));
  }
  assert.deepEqual(read('0001 18 00 c00002'), {
    address: octets('c0000200'),
    sourcePrefixLength: 24,
    scopePrefixLength: 0,
  });
});

test('a malformed subnet is a fault, to be answered with FORMERR', () => {
  const malformed = [
    '0001 18', // cut off
    '0003 08 00 0a', // no such family
    '0101 08 00 0a', // nor this one
    '0001 21 00 c000020100', // 33 bits of IPv4
    '0001 18 21 c00002', // a scope of 33 bits
    '0001 18 00 c000', // an octet too few
    '0001 18 00 c0000200', // an octet too many
    '0001 17 00 c00003', // a bit past the prefix
  ];
  for (const data of malformed) assert.throws(() => read(data), { code: 'option-malformed' }, data);
});
