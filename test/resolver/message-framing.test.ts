import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { framed, MessageFraming } from '../../src/resolver/message-framing.ts';

describe('framing', () => {
  it('gives the same messages back however the stream is cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(framed));
        const framing = new MessageFraming();
        const received: number[][] = [];
        for (let at = 0, cut = 0; at < stream.length; cut += 1) {
          const end = at + (cuts[cut % cuts.length] ?? 1);
          framing.add(stream.subarray(at, end));
          for (let message = framing.next(); message; message = framing.next()) received.push([...message]);
          at = end;
        }
        assert.deepEqual(
          received,
          sent.map(message => [...message]),
        );
        assert.equal(framing.isWithinMessage, false);
      }),
    );
  });
});
