/**
 * What another PoP's agent says of itself on `/status` of its management address, as far as this one wants to know.
 *
 * It is read over plain HTTP, as a monitoring system would: who can forge it can make a sick PoP stay or go, and nothing
 * else. Management networks are expected to be one's own.
 */
import { Agent, get } from 'node:http';
import { z } from 'zod';
import type { PeerTarget } from '../../health/health-check.ts';

/**
 * Whether a PoP can be counted on: it announces and means to go on (`in`), it wants to leave and asks whether it may
 * (`asking`), or it does not announce, or is about to stop (`out`).
 */
export type Standing = 'in' | 'asking' | 'out';

const reportSchema = z.object({
  pop: z.string(),
  standing: z.enum(['in', 'asking', 'out']),
  /** How that PoP sees the others: whether each answers at its management address. */
  peers: z.array(z.object({ pop: z.string(), answers: z.enum(['yes', 'no', 'unknown']) })).default([]),
});

export type PeerReport = Readonly<z.output<typeof reportSchema>>;

/** Octets of a report; an honest one stays far below. */
const reportLimit = 256 * 1024;

export interface PeerReports extends Disposable {
  /** Asks every management address at once and takes the first report. Undefined when none comes before the signal aborts. */
  ask(peer: PeerTarget, signal: AbortSignal): Promise<PeerReport | undefined>;
}

/** Reads reports at `port`, on connections that stay open between questions. */
export function peerReports(port: number): PeerReports {
  const connections = new Agent({ keepAlive: true, maxSockets: 2 });
  return {
    async ask({ pop, managementAddresses }, signal) {
      const asked = managementAddresses.map(async ({ text }) => {
        const report = reportSchema.parse(JSON.parse(await read({ host: text, port, connections }, signal)));
        if (report.pop !== pop) throw new Error(`${text} is ${report.pop}, not ${pop}`);
        return report;
      });
      return await Promise.any(asked).catch(() => undefined);
    },
    [Symbol.dispose]: () => connections.destroy(),
  };
}

async function read(
  { host, port, connections }: { readonly host: string; readonly port: number; readonly connections: Agent },
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const request = get({ host, port, path: '/status', agent: connections, signal }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > reportLimit) request.destroy(new Error('the report does not end'));
      });
      response.once('error', reject);
      response.once('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`HTTP status ${response.statusCode}`)),
      );
    });
    request.once('error', reject);
  });
}
