/**
 * Asks every service address for a page over HTTP or HTTPS, and judges the status and, where told, the body.
 *
 * The trap: a web server that is up answers for an application that is not. So a redirection is not followed (the page it
 * leads to may be another server's) and counts by its own status, and `contains` looks for words that only a working
 * application writes. One connection per probe: a kept one would say nothing of whether new clients are served.
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import { z } from 'zod';
import type { IpAddress } from '../../ip/address.ts';
import { askFailure, failureVerdict } from '../ask-failure.ts';
import { askEveryAddress, insteadAddressKey } from '../every-address.ts';
import { type CheckContext, defineHealthCheck, type Verdict } from '../health-check.ts';

/** Octets of a body that are searched; a page that says it is well says so near its beginning. */
const bodyLimit = 64 * 1024;

interface StatusRange {
  readonly from: number;
  readonly to: number;
}

const statusKey = z.unknown().transform((value, context): StatusRange => {
  const [, from = '', to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(value)) ?? [];
  if (from !== '' && Number(from) <= Number(to)) return { from: Number(from), to: Number(to) };
  context.addIssue({
    code: 'custom',
    message: `${JSON.stringify(value)} is no status: write 200, 200-299 or a list of such`,
  });
  return z.NEVER;
});

const printable = /^[!-~]+$/;

const options = z
  .strictObject({
    address: insteadAddressKey,
    /** 80, or 443 with TLS, unless told. */
    port: z.number().int().min(1).max(65_535).optional(),
    method: z.enum(['GET', 'HEAD']).default('GET'),
    path: z
      .string()
      .max(2048)
      .regex(/^\/[!-~]*$/, 'a path begins with / and is percent-encoded')
      .default('/'),
    /** The Host header; the address unless told. */
    host: z.string().max(255).regex(printable, 'a host is printable ASCII without blanks').optional(),
    /** One or a list of these: 204, 200-299. */
    status: z
      .preprocess(value => (Array.isArray(value) ? value : [value]), z.array(statusKey).min(1).max(16))
      .prefault('200-299'),
    /** Text in the first 64 KiB of the body. */
    contains: z.string().min(1).max(1024).optional(),
    tls: z.boolean().default(false),
    /** The name in the TLS handshake, and in the certificate; absent: no name, and a certificate of the address. */
    serverName: z.string().max(255).regex(printable, 'a server name is printable ASCII').optional(),
    /** `false` takes any certificate. */
    verify: z.boolean().optional(),
  })
  .superRefine(({ method, contains, tls, serverName, verify }, context) => {
    const add = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (method === 'HEAD' && contains !== undefined)
      add('contains', 'the answer to HEAD has no body: use GET');
    if (!tls && serverName !== undefined) add('serverName', 'has a meaning only with tls: true');
    if (!tls && verify !== undefined) add('verify', 'has a meaning only with tls: true');
    if (serverName !== undefined && isIP(serverName) !== 0)
      add('serverName', 'is a name: TLS sends no addresses (RFC 6066 section 3)');
  });

export type HttpCheckOptions = z.output<typeof options>;

export const httpCheck = defineHealthCheck<HttpCheckOptions>({
  kind: 'http',
  faultClass: 'local-soft',
  options,
  probe: (asked, context) => askEveryAddress(asked.address, context, address => ask(address, asked, context)),
});

async function ask(
  address: IpAddress,
  options: HttpCheckOptions,
  { signal }: CheckContext,
): Promise<Verdict> {
  const where = `${options.tls ? 'https' : 'http'} ${address.text}`;
  try {
    const response = await responseOf(options, requestOptions(address, options, signal));
    try {
      const complaint = await complaintOf(response, options);
      return complaint === undefined
        ? { kind: 'healthy' }
        : { kind: 'unhealthy', reason: `${where}: ${complaint}` };
    } finally {
      response.destroy();
    }
  } catch (error) {
    return failureVerdict(askFailure(error, signal), where);
  }
}

function requestOptions(
  address: IpAddress,
  { port, method, path, host, tls, serverName, verify }: HttpCheckOptions,
  signal: AbortSignal,
): RequestOptions {
  return {
    host: address.text,
    port: port ?? (tls ? 443 : 80),
    method,
    path,
    signal,
    agent: false,
    headers: {
      'user-agent': 'anycast-health',
      'accept-encoding': 'identity',
      connection: 'close',
      ...(host !== undefined && { host }),
    },
    ...(tls && { servername: serverName ?? '', rejectUnauthorized: verify !== false }),
  };
}

/** Resolves with the head of the response; the body is not read yet. */
async function responseOf({ tls }: HttpCheckOptions, request: RequestOptions): Promise<IncomingMessage> {
  // Loaded here: every process reads the registry of checks, and few need these.
  const http = tls ? await import('node:https') : await import('node:http');
  return await new Promise((resolve, reject) => {
    // An error after the head comes to whoever reads the body, too.
    http.request(request).on('response', resolve).on('error', reject).end();
  });
}

async function complaintOf(
  response: IncomingMessage,
  { status, contains }: HttpCheckOptions,
): Promise<string | undefined> {
  const code = response.statusCode ?? 0;
  if (!status.some(({ from, to }) => code >= from && code <= to)) {
    const wanted = status.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join(', ');
    return `status ${code}, not ${wanted}`;
  }
  if (contains === undefined || (await bodyContains(response, Buffer.from(contains)))) return undefined;
  return `the body does not contain ${JSON.stringify(contains)}`;
}

async function bodyContains(response: IncomingMessage, wanted: Buffer): Promise<boolean> {
  let read: Buffer = Buffer.alloc(0);
  for await (const chunk of response) {
    read = Buffer.concat([read, chunk]);
    if (read.subarray(0, bodyLimit).includes(wanted)) return true;
    if (read.length >= bodyLimit) return false;
  }
  return false;
}
