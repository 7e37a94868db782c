/** What an HTTP request asks of DoH (RFC 8484 section 4.1), from its header fields alone. Pure. */
import type { IncomingHttpHeaders } from 'node:http2';
import { maxMessageSize } from '../../dns/message.ts';
import type { HttpError } from './transport-counters.ts';

export type DohRequest =
  /** The whole message; `isHead`: the answer is wanted without its content (RFC 9110 section 9.3.2). */
  | { readonly kind: 'message'; readonly octets: Uint8Array; readonly isHead: boolean }
  /** The message is the content, which follows. */
  | { readonly kind: 'content' }
  | { readonly kind: 'error'; readonly status: HttpError; readonly reason: string };

/** RFC 8484 section 6. */
export const dnsMessageType = 'application/dns-message';

/** Methods that the resource takes, as the field `allow` has them (RFC 9110 section 15.5.6). */
export const allowedMethods = 'GET, HEAD, POST';

/** A query is a few hundred octets, with everything that EDNS may put into it not many times that. */
const longestPath = 8192;

/** The alphabet of RFC 4648 section 5, without padding (RFC 8484 section 6). One character more than whole octets is no encoding. */
const base64url = /^[A-Za-z0-9_-]+$/;

export function readDohRequest(headers: IncomingHttpHeaders, resource: string): DohRequest {
  const target = headers[':path'] ?? '';
  if (target.length > longestPath) return error(414, 'the URI is too long: use POST');
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  // Octet for octet: no other spelling of the path is the resource, whoever may stand in front of us and see it otherwise.
  if (path !== resource) return error(404, 'no such resource');
  switch (headers[':method']) {
    case 'GET':
      return readQuery(at < 0 ? '' : target.slice(at + 1), false);
    case 'HEAD':
      return readQuery(at < 0 ? '' : target.slice(at + 1), true);
    case 'POST':
      return readContentFields(headers);
    default:
      return error(405, `methods are ${allowedMethods}`);
  }
}

/** Other parameters are ignored; two messages are one too many. */
function readQuery(query: string, isHead: boolean): DohRequest {
  const values = query.split('&').flatMap(pair => (pair.startsWith('dns=') ? [pair.slice(4)] : []));
  const [value] = values;
  if (value === undefined || values.length > 1) return error(400, 'one parameter dns, please');
  if (!base64url.test(value) || value.length % 4 === 1)
    return error(400, 'dns is a message in base64url, without padding');
  return { kind: 'message', octets: new Uint8Array(Buffer.from(value, 'base64url')), isHead };
}

function readContentFields(headers: IncomingHttpHeaders): DohRequest {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== dnsMessageType) return error(415, `the content is ${dnsMessageType}`);
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    return error(415, 'the content is not encoded');
  if (Number(headers['content-length'] ?? 0) > maxMessageSize) return error(413, 'no DNS message is so long');
  return { kind: 'content' };
}

function error(status: HttpError, reason: string): DohRequest {
  return { kind: 'error', status, reason };
}
