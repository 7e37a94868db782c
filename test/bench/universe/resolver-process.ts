/** Our resolver as a process of its own, in the measurement's network. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordClasses } from '../../../src/dns/record-class.ts';
import type { ResolverStatus } from '../../../src/resolver/control.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { query, question } from '../../resolver/messages.ts';
import { eventually } from '../../support/eventually.ts';
import { openAsker } from './asker.ts';
import { cores } from './namespace.ts';
import { type Program, startProgram } from './program.ts';
import { places } from './zones.ts';

const telemetryPort = 9153;
/** Milliseconds; its code may have to be compiled first. */
const startsWithinMs = 30_000;
const ipTimeoutMs = 10_000;

export interface ResolverProcessOptions {
  /** The measured one unless told. */
  readonly cores?: readonly number[];
}

/**
 * Starts it, with its service address on the machine: where that is missing, it looks for it again and again. `keys` are more
 * keys of `resolver`, in YAML flow style.
 */
export async function startResolverProcess(
  folder: string,
  keys: readonly string[],
  { cores: processors = [cores.measured] }: ResolverProcessOptions = {},
): Promise<Program> {
  await mkdir(folder);
  await runOrThrow(['ip', 'address', 'replace', `${places.service}/32`, 'dev', 'lo'], {
    timeoutMs: ipTimeoutMs,
  });
  const path = join(folder, 'anycast.yaml');
  // One of the special-use names (RFC 6761), which a resolver answers itself.
  const names = 'names: { specialUse: { except: [test.] } }';
  const recursion = `rootHints: [{ name: a.root.test., addresses: [${places.root}] }], priming: false`;
  const configuration = `
service: { addresses: [${places.service}], asn: 64500 }
resolver: { ${['accessList: [198.18.0.0/15]', names, `recursion: { ${recursion} }`, ...keys].join(', ')} }
checks: {}
telemetry: { resolverPort: ${telemetryPort}, logLevel: warn }
pops:
  fra:
    management: [${places.anycast}]
    routerId: 198.51.100.1
    neighbours: [{ name: isp, asn: 64501, sessions: [{ local: 198.51.100.1, remote: 198.51.100.2 }] }]
`;
  await writeFile(path, configuration);
  await using parts = new AsyncDisposableStack();
  const own = ['./anycast', 'resolver', '--config', path, '--pop', 'fra', '--run-dir', join(folder, 'run')];
  const program = parts.use(startProgram(processors, own));
  await untilAnswering(program, places.anycast);
  // The metrics page comes last.
  await eventually(() => resolverPage('/status'), { within: startsWithinMs });
  parts.move();
  return program;
}

/** Who it is (RFC 4892): no cache has that, and it may be refused. */
const who = query('id.server.', 'TXT', {
  questions: [{ ...question('id.server.', 'TXT'), class: recordClasses.CH }],
});

/** Waits for an answer, unless told to a question that needs no other server. */
export async function untilAnswering(program: Program, server: string, asked = who): Promise<void> {
  await using asker = await openAsker({ server, from: places.client });
  await eventually(
    async () => {
      if (!program.isRunning) throw new Error(program.output.join('\n'));
      const reply = await asker.ask(asked, 500);
      if (!reply || reply.message.rcode === rcodes.SERVFAIL) throw new Error(program.output.join('\n'));
    },
    { within: startsWithinMs },
  );
}

export async function resolverPage(path: '/status' | '/metrics'): Promise<string> {
  const response = await fetch(`http://${places.anycast}:${telemetryPort}${path}`, {
    signal: AbortSignal.timeout(5000),
  });
  return await response.text();
}

export async function resolverStatus(): Promise<ResolverStatus> {
  return JSON.parse(await resolverPage('/status'));
}
