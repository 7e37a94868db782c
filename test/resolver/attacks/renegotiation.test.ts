/** TLS renegotiation (CVE-2011-1473): a client that could ask for handshake after handshake on one connection. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { framed } from '../../../src/resolver/message-framing.ts';
import { eventually } from '../../support/eventually.ts';
import { connectSecure, openListener } from '../listeners/stream-listeners.ts';

describe('TLS handshakes after the first', () => {
  it('are not had by renegotiation', async () => {
    await using dot = await openListener('dot', (octets, _client, answer) => answer(octets));
    await using socket = await connectSecure(dot, { maxVersion: 'TLSv1.2' });
    let replies = 0;
    socket.on('data', () => {
      replies += 1;
    });
    const refusal = new Promise<Error | null>(resolve => {
      const isBegun = socket.renegotiate({}, resolve);
      if (!isBegun) resolve(new Error('not begun'));
      socket.once('close', () => resolve(new Error('closed')));
      socket.once('error', resolve);
    });
    assert.ok((await refusal) instanceof Error);
    assert.equal(replies, 0);
    await eventually(async () => {
      await using next = await connectSecure(dot);
      const answered = new Promise(resolve => next.once('data', resolve));
      next.write(framed(Buffer.from('query')));
      await answered;
    });
  });
});
