import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../../../src/system/run.ts';
import { coresFor } from '../universe/namespace.ts';
import { type Program, startProgram } from '../universe/program.ts';
import { untilAnswering } from '../universe/resolver-process.ts';
import { addresses, type Contender, type StartOptions } from './contender.ts';
import { startUnboundBehind, unbound } from './unbound.ts';

const consolePort = 5199;
const packets = 1_000_000;

/** dnsdist: one listening thread and a packet cache, in front of an Unbound. Its calls fetch so many datagrams each. */
export const dnsdist: Contender = {
  ...contender(64),
  name: 'dnsdist',
  summary:
    'dnsdist, one listening thread, packet cache, setUDPMultipleMessagesVectorSize(64), before an Unbound',
};

/** As it comes, which is how most have it. */
export const dnsdistUnbatched: Contender = {
  ...contender(1),
  name: 'dnsdist-unbatched',
  summary: 'the same as it comes: a call for each datagram',
};

function contender(batch: number) {
  return {
    kind: 'peer',
    address: addresses.dnsdist,
    programs: ['dnsdist:dnsdist', ...unbound.programs],
    streams: ['tcp', 'dot'],
    async start(options: StartOptions) {
      const behind = join(options.folder, 'behind');
      await mkdir(behind);
      const path = join(options.folder, 'dnsdist.conf');
      await writeFile(path, configuration(options, batch));
      await using parts = new AsyncDisposableStack();
      parts.use(await startUnboundBehind({ ...options, folder: behind }, addresses.behindDnsdist));
      const argv = ['dnsdist', '--supervised', '--disable-syslog', '-C', path];
      const program = parts.use(startProgram(coresFor(options.workers), argv));
      await untilAnswering(program, addresses.dnsdist);
      return endingWith(program, parts.move());
    },
    async countAnswers(folder: string) {
      const ask = 'getPool(""):getCache():getStats().entries';
      const argv = ['dnsdist', '-C', join(folder, 'dnsdist.conf'), '-e', `return ${ask}`] as const;
      const printed = await runOrThrow(argv);
      return { count: Number(/\d+/.exec(printed)?.[0]), of: 'packets' };
    },
  } as const;
}

/** The program, whose end is the end of all parts. */
function endingWith(program: Program, parts: AsyncDisposableStack): Program {
  const { pid, output } = program;
  return {
    pid,
    output,
    get isRunning() {
      return program.isRunning;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Nobody asks the server behind whether it is well: the name that dnsdist asks for does not exist here. */
function configuration({ certificate }: StartOptions, batch: number): string {
  return `
setLocal('${addresses.dnsdist}:53')
addTLSLocal('${addresses.dnsdist}:853', '${certificate.certificate}', '${certificate.key}', { provider = 'openssl' })
setACL({ '198.18.0.0/15' })
setSecurityPollSuffix('')
setUDPMultipleMessagesVectorSize(${batch})
setMaxTCPClientThreads(1)
newServer({ address = '${addresses.behindDnsdist}:53', source = '${addresses.dnsdist}' }):setUp()
getPool(''):setCache(newPacketCache(${packets}, { maxTTL = 86400 }))
controlSocket('${addresses.dnsdist}:${consolePort}')
addConsoleACL('198.18.0.0/15')
setKey('${randomBytes(32).toString('base64')}')
`;
}
