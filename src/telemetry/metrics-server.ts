/**
 * The read-only HTTP page of a process on its management addresses: `/metrics` for Prometheus, `/status` as JSON.
 *
 * A process may have more to give under paths of its own, to whom it chooses.
 *
 * Nothing here changes anything, and nothing secret is shown: control is the Unix socket's. Every other path, and every
 * method but GET and HEAD, is refused. Header and request times are bounded by Node's own limits, made short.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Registry } from 'prom-client';
import type { IpAddress } from '../ip/address.ts';
import { describeError, Fault } from '../system/fault.ts';

export interface MetricsPage {
  readonly addresses: readonly IpAddress[];
  readonly port: number;
  readonly registry: Registry;
  /** What `/status` shows. */
  status(): unknown;
  /** What else there is, by path. */
  readonly streams?: Readonly<Record<string, StreamedPage>>;
}

/** A text that is made while it is sent, no faster than its reader takes it. */
export interface StreamedPage {
  /** Whether the client at this address (text, as the socket gives it) may have it; 403 when not. */
  isAdmitted(address: string): boolean;
  text(): AsyncIterable<string>;
}

/** Streamed pages under way at a time in one process: each holds up some memory and work. 503 beyond. */
const streamLimit = 2;
/** Milliseconds that a reader may take for one. */
const streamTimeoutMs = 60_000;

/** Milliseconds a client has to send its request; a scrape needs a few. */
const requestTimeoutMs = 5000;

/** @throws Fault `environment` when an address or the port cannot be had. */
export async function serveMetrics(page: MetricsPage): Promise<AsyncDisposable> {
  const servers: Server[] = [];
  const streaming = { count: 0 };
  const close = async (): Promise<void> => {
    await Promise.all(
      servers.map(server => {
        server.closeAllConnections();
        return new Promise<void>(resolve => server.close(() => resolve()));
      }),
    );
  };
  try {
    for (const address of page.addresses) servers.push(await listen(page, address, streaming));
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}

async function listen(page: MetricsPage, address: IpAddress, streaming: Streaming): Promise<Server> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1000 },
    (request, response) => void respond(page, { request, response, streaming }),
  );
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new Fault(
          'environment',
          `cannot serve metrics on ${address.text} port ${page.port}: ${cause.message}`,
          {
            hint: 'is the management address on this host, and the port free?',
            cause,
          },
        ),
      ),
    );
    server.listen(page.port, address.text, resolve);
  });
  return server;
}

/** How many are under way. */
interface Streaming {
  count: number;
}

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly streaming: Streaming;
}

async function respond(page: MetricsPage, visit: Visit): Promise<void> {
  const { request, response } = visit;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const { url = '' } = request;
  const streamed = page.streams && Object.hasOwn(page.streams, url) ? page.streams[url] : undefined;
  try {
    if (streamed) {
      await stream(streamed, visit);
    } else if (url === '/metrics') {
      response
        .writeHead(200, { 'content-type': page.registry.contentType })
        .end(await page.registry.metrics());
    } else if (url === '/status') {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(page.status())}\n`);
    } else {
      response.writeHead(404).end('known: /metrics and /status\n');
    }
  } catch (error) {
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end(`${describeError(error)}\n`);
  }
}

async function stream(page: StreamedPage, { request, response, streaming }: Visit): Promise<void> {
  if (!page.isAdmitted(request.socket.remoteAddress ?? '')) {
    response.writeHead(403).end('not for this address\n');
    return;
  }
  if (streaming.count >= streamLimit) {
    response.writeHead(503, { 'retry-after': '1' }).end('others are being served\n');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  streaming.count += 1;
  try {
    await pipeline(Readable.from(page.text()), response, { signal: AbortSignal.timeout(streamTimeoutMs) });
  } finally {
    streaming.count -= 1;
  }
}
