/** What a query holds while it waits: a client may send 64 KiB with each, and have thousands wait for a silent server. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { optionCodes } from '../../../src/dns/edns.ts';
import { encodeMessage } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { openGuardedResponder } from '../guarded-responder.ts';
import { a, edns, query } from '../messages.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function takenNow(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const count = 400;
const large: Readonly<Record<string, (index: number) => Uint8Array>> = {
  'an option of 60 000 octets': index => {
    const options = [{ code: optionCodes.padding, data: new Uint8Array(60_000) }];
    return encodeMessage(query(`n${index}.test.`, 'A', { edns: edns({ options }) }));
  },
  'three thousand records': index =>
    encodeMessage(
      query(`n${index}.test.`, 'A', {
        additionals: Array.from({ length: 3000 }, () => a(`n${index}.test.`, '192.0.2.1')),
      }),
    ),
};

describe('queries that wait for an answer', () => {
  for (const [what, queryWith] of Object.entries(large)) {
    it(`hold a few kilobytes each, though each came with ${what}`, async () => {
      const waiting: ((reply: Reply) => void)[] = [];
      await using server = await openGuardedResponder({
        resolve: () => new Promise(resolve => waiting.push(resolve)),
      });
      const before = takenNow();
      const asked = Array.from({ length: count }, (_, index) =>
        server.later(queryWith(index), { transport: 'tcp' }),
      );
      assert.equal(waiting.length, count);
      const each = (takenNow() - before) / count;
      assert.ok(each < 8192, `${Math.round(each)} octets each`);
      for (const answer of waiting) answer(emptyReply(rcodes.NOERROR));
      for (const sent of await Promise.all(asked)) assert.equal(sent?.message.rcode, rcodes.NOERROR);
    });
  }
});
