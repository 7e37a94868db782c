import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { decodeMessage, encodeMessage, type ResourceRecord } from '../../src/dns/message.ts';
import { extendedErrorOption } from '../../src/dns/options/extended-error.ts';
import { decodeRdata } from '../../src/dns/rdata/record-data.ts';
import { Reader } from '../../src/dns/reader.ts';
import { formatRecord } from '../../src/dns/record-text.ts';
import { octets, record, response } from './octets.ts';
import { rdataVectors } from './rdata/vectors.ts';

/** dig takes NSEC3 only from an owner whose first label is a hash; and one CNAME per owner. */
function owner(index: number): string {
  return `2t7b4g4vsa5smi47k61mv5bv1a22bojr.r${index}.test.`;
}

const records = rdataVectors.map(({ type, wire }, index): ResourceRecord => {
  const rdata = octets(wire);
  const bare = record(owner(index), type, { kind: 'opaque', octets: rdata });
  return { ...bare, rdata: decodeRdata(new Reader(rdata), bare.type, bare.class, rdata.length) };
});

function digIsMissing(): string | false {
  try {
    execFileSync('dig', ['-v'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'dig is not installed';
  }
}

test('dig reads every record as it is written here, and shows the same text', {
  skip: digIsMissing(),
}, async () => {
  const edns = {
    udpPayloadSize: 1232,
    version: 0,
    dnssecOk: false,
    options: [extendedErrorOption({ infoCode: 22, text: 'no path' })],
  };
  const server = createServer(socket => {
    socket.once('data', data => {
      const { id, questions } = decodeMessage(data.subarray(2));
      const reply = encodeMessage(response({ id, questions, answers: records, edns }));
      socket.end(Buffer.concat([Uint8Array.of(reply.length >> 8, reply.length & 0xff), reply]));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    assert.ok(address && typeof address === 'object');
    const options = ['+tcp', '+nosplit', '+nocmd', '+nostats', '+tries=1', '+time=5'];
    const asked = ['-p', String(address.port), '@127.0.0.1', owner(0), 'TXT'];
    const { stdout } = await promisify(execFile)('dig', [...options, ...asked]);
    assert.equal(/Got bad packet.*/.exec(stdout)?.[0], undefined);
    assert.match(stdout, /status: NOERROR/);
    assert.match(stdout, /EDE: 22 \(No Reachable Authority\): \(no path\)/);
    assert.doesNotMatch(stdout, /malformed|warning/i);
    const shown = stdout.split('\n').filter(line => line.startsWith('2t7b'));
    assert.deepEqual(
      // dig knows `dohpath` by name since 9.20 only.
      shown.map(line => line.replace(/[\t ]+/g, ' ').replace('key7=', 'dohpath=')),
      records.map(formatRecord).map(line => line.replace(/ +/g, ' ')),
    );
  } finally {
    server.close();
  }
});
