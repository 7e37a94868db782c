/**
 * The read-only HTTP page of a process on its management addresses: `/metrics` for Prometheus, `/status` as JSON.
 *
 * Nothing here changes anything, and nothing secret is shown: control is the Unix socket's. Every other path, and every
 * method but GET and HEAD, is refused. Header and request times are bounded by Node's own limits, made short.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { IpAddress } from '../ip/address.ts';
import { describeError, Fault } from '../system/fault.ts';

export interface MetricsPage {
  readonly addresses: readonly IpAddress[];
  readonly port: number;
  readonly registry: Registry;
  /** What `/status` shows. */
  status(): unknown;
}

/** Milliseconds a client has to send its request; a scrape needs a few. */
const requestTimeoutMs = 5000;

/** @throws Fault `environment` when an address or the port cannot be had. */
export async function serveMetrics(page: MetricsPage): Promise<AsyncDisposable> {
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(
      servers.map(server => {
        server.closeAllConnections();
        return new Promise<void>(resolve => server.close(() => resolve()));
      }),
    );
  };
  try {
    for (const address of page.addresses) servers.push(await listen(page, address));
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}

async function listen(page: MetricsPage, address: IpAddress): Promise<Server> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1000 },
    (request, response) => void respond(page, request, response),
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

async function respond(page: MetricsPage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  try {
    if (request.url === '/metrics') {
      response
        .writeHead(200, { 'content-type': page.registry.contentType })
        .end(await page.registry.metrics());
    } else if (request.url === '/status') {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(page.status())}\n`);
    } else {
      response.writeHead(404).end('known: /metrics and /status\n');
    }
  } catch (error) {
    response.writeHead(500).end(`${describeError(error)}\n`);
  }
}
