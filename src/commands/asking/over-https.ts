/** A query over HTTPS by POST, in a session of its own (RFC 8484, HTTP/2). */
import { connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2';
import { maxMessageSize } from '../../dns/message.ts';
import type { Carrying } from './ask.ts';
import { tlsConnectionOptions } from './tls-options.ts';

const mediaType = 'application/dns-message';

/** The content of the response. Rejects with the reason there is none, or the signal's. */
export async function overHttps({ server, octets, signal }: Carrying): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const { address, port, tls, path } = server;
  const host = address.family === 4 ? address.text : `[${address.text}]`;
  const session = connect(`https://${host}:${port}`, tlsConnectionOptions(server));
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  session.on('error', reject);
  session.on('close', () => reject(new Error('the server closed the connection')));
  session.once('connect', () => {
    const authority = tls.name ?? host;
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      ':authority': port === 443 ? authority : `${authority}:${port}`,
      accept: mediaType,
      'content-type': mediaType,
      'content-length': octets.length,
    });
    const chunks: Buffer[] = [];
    let length = 0;
    stream.on('error', reject);
    stream.on('response', headers => {
      const wrong = faultOf(headers);
      if (wrong !== undefined) reject(new Error(wrong));
    });
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxMessageSize) reject(new Error('the response is longer than any message'));
      else chunks.push(chunk);
    });
    stream.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
    stream.end(octets);
  });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    session.destroy();
  }
}

/** What of the response's head makes it no answer (RFC 8484 section 4.2), if anything. */
function faultOf(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): string | undefined {
  if (headers[':status'] !== 200) return `HTTP status ${headers[':status']}`;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase() === mediaType ? undefined : `the response is no ${mediaType}`;
}
