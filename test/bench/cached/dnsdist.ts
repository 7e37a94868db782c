import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../../../src/system/run.ts';
import { type Program, startProgram } from '../universe/program.ts';
import { untilAnswering } from '../universe/resolver-process.ts';
import { addresses, type Contender, coresFor, type StartOptions } from './contender.ts';
import { startUnboundBehind, unbound } from './unbound.ts';

const consolePort = 5199;
/** Datagrams that one call of recvmmsg may fetch: dnsdist fetches them one by one unless told. */
const batch = 64;
const packets = 1_000_000;

/** dnsdist: one listening thread and a packet cache, in front of an Unbound. */
export const dnsdist: Contender = {
  name: 'dnsdist',
  kind: 'peer',
  summary: `dnsdist, one listening thread, packet cache, setUDPMultipleMessagesVectorSize(${batch}), before an Unbound`,
  address: addresses.dnsdist,
  programs: ['dnsdist:dnsdist', ...unbound.programs],
  streams: ['tcp', 'dot'],
  async start(options) {
    const behind = join(options.folder, 'behind');
    await mkdir(behind);
    const path = join(options.folder, 'dnsdist.conf');
    await writeFile(path, configuration(options));
    await using parts = new AsyncDisposableStack();
    parts.use(await startUnboundBehind({ ...options, folder: behind }, addresses.behindDnsdist));
    const argv = ['dnsdist', '--supervised', '--disable-syslog', '-C', path];
    const program = parts.use(startProgram(coresFor(options.workers), argv));
    await untilAnswering(program, addresses.dnsdist);
    return endingWith(program, parts.move());
  },
  async countAnswers(folder) {
    const ask = 'getPool(""):getCache():getStats().entries';
    const printed = await runOrThrow(['dnsdist', '-C', join(folder, 'dnsdist.conf'), '-e', `return ${ask}`]);
    return { count: Number(/\d+/.exec(printed)?.[0]), of: 'packets' };
  },
};

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
function configuration({ certificate }: StartOptions): string {
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
