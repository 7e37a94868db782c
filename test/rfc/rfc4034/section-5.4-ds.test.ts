import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { keyTag } from '../../../src/dns/rdata/dnskey.ts';
import { decodeRdata, formatRdata } from '../../../src/dns/rdata/record-data.ts';
import { Reader } from '../../../src/dns/reader.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { joined, name, octets } from '../../dns/octets.ts';

const publicKey =
  'AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==';

test("the section's DNSKEY has the section's key tag and digest", () => {
  const wire = joined(octets('0100 03 05'), Buffer.from(publicKey, 'base64'));
  const rdata = decodeRdata(new Reader(wire), recordTypes.DNSKEY, 1, wire.length);
  assert.ok(rdata.kind === 'DNSKEY');
  assert.equal(formatRdata(rdata), `256 3 5 ${publicKey}`);
  assert.equal(keyTag(rdata), 60_485);
  const digest = createHash('sha1')
    .update(joined(name('dskey.example.com.'), wire))
    .digest('hex');
  const dsWire = octets(`ec45 05 01 ${digest}`);
  const ds = decodeRdata(new Reader(dsWire), recordTypes.DS, 1, dsWire.length);
  assert.equal(formatRdata(ds), '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118');
});
