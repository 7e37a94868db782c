import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import type { Client } from '../../../src/resolver/listeners/client.ts';
import {
  connectDoh,
  type HttpReply,
  openListener,
  queryPath,
  request,
  type TestListener,
} from '../../resolver/listeners/stream-listeners.ts';

const type = 'application/dns-message';

describe('RFC 8484, requests', () => {
  const parts = new AsyncDisposableStack();
  const asked: { readonly octets: Buffer; readonly client: Client }[] = [];
  let doh: TestListener;
  let session: ClientHttp2Session;

  before(async () => {
    doh = parts.use(
      await openListener('doh', (octets, client, answer) => {
        asked.push({ octets: Buffer.from(octets), client });
        answer(octets.length < 12 ? undefined : octets);
      }),
    );
    session = await connectDoh(doh);
    parts.defer(() => session.destroy());
  });
  after(() => parts.disposeAsync());

  const query = Buffer.from(
    'abcd01000001000000000000037777770474657374000001 0001'.replaceAll(' ', ''),
    'hex',
  );
  const get = (path: string, method = 'GET'): Promise<HttpReply> =>
    request(session, { ':method': method, ':path': path });
  const post = (content: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<HttpReply> =>
    request(session, { ':method': 'POST', ':path': '/dns-query', 'content-type': type, ...headers }, content);

  async function fails(
    reply: Promise<HttpReply>,
    status: 400 | 404 | 405 | 413 | 414 | 415,
  ): Promise<HttpReply> {
    const before = doh.counters.httpErrors[status];
    const took = asked.length;
    const got = await reply;
    assert.equal(got.status, status);
    assert.equal(doh.counters.httpErrors[status], before + 1);
    if (status !== 400) assert.equal(asked.length, took, 'a refused request came to the resolver');
    return got;
  }

  it('section 4.1: GET carries the message in base64url without padding, POST as it is', async () => {
    for (const reply of [await get(queryPath(query)), await post(query)]) {
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['content-type'], type);
      assert.equal(reply.headers['content-length'], String(query.length));
      assert.deepEqual(reply.content, query);
      assert.deepEqual(asked.at(-1)?.octets, query);
    }
    assert.equal(asked.at(-1)?.client.transport, 'doh');
    assert.equal(asked.at(-1)?.client.idleMs, undefined);
  });

  it('section 4.1: other parameters of the URI are ignored', async () => {
    const reply = await get(`/dns-query?ct&dns=${query.toString('base64url')}&x=dns=1`);
    assert.equal(reply.status, 200);
  });

  it('section 4.1: POST of another media type, or of encoded content, is refused with 415', async () => {
    await fails(post(query, { 'content-type': 'application/dns-json' }), 415);
    await fails(post(query, { 'content-encoding': 'gzip' }), 415);
    assert.equal((await post(query, { 'content-type': 'Application/DNS-Message; x=y' })).status, 200);
  });

  it('section 4.2.1: what is no message gets 400, and so does silence of the resolver', async () => {
    await fails(get('/dns-query'), 400);
    await fails(get('/dns-query?dns='), 400);
    await fails(get(`${queryPath(query)}=`), 400);
    await fails(get('/dns-query?dns=abc+def/'), 400);
    await fails(get('/dns-query?dns=abcde'), 400);
    await fails(get(`${queryPath(query)}&dns=AAAA`), 400);
    await fails(get('/dns-query?dns=AAAA'), 400);
    await fails(post(new Uint8Array(0)), 400);
  });

  it('section 4.2.1: other methods get 405 and are told which there are', async () => {
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { headers } = await fails(get(queryPath(query), method), 405);
      assert.equal(headers.allow, 'GET, HEAD, POST');
    }
  });

  it('RFC 9110 section 9.3.2: HEAD is answered as GET is, without the content', async () => {
    const { status, headers, content } = await get(queryPath(query), 'HEAD');
    assert.deepEqual([status, headers['content-length'], content.length], [200, String(query.length), 0]);
  });

  it('section 4.2.1: no message is longer than 65535 octets, said in advance or not', async () => {
    const largest = new Uint8Array(65_535);
    assert.equal((await post(largest)).status, 200);
    await fails(post(new Uint8Array(65_536), { 'content-length': '65536' }), 413);
    await fails(post(new Uint8Array(100_000)), 413);
    await fails(get(queryPath(new Uint8Array(7000))), 414);
    assert.equal((await get(queryPath(query))).status, 200, 'the session goes on');
  });

  it('section 3: only the path of the URI template is a resource', async () => {
    const dns = `dns=${query.toString('base64url')}`;
    const others = [
      '/',
      '/dns-query/',
      '//dns-query',
      '/DNS-QUERY',
      '/./dns-query',
      '/x/../dns-query',
      '/dns%2dquery',
      '/dns-query;x',
      '/dns-query%3F',
    ];
    for (const path of others) await fails(get(`${path}?${dns}`), 404);
  });
});
