import { mkdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { Fault } from '../../../src/system/fault.ts';
import { query } from '../../resolver/messages.ts';
import { coresFor } from '../universe/namespace.ts';
import { startProgram } from '../universe/program.ts';
import { untilAnswering } from '../universe/resolver-process.ts';
import { places } from '../universe/zones.ts';
import { addresses, type Contender, cacheOctets, type StartOptions } from './contender.ts';

/**
 * Knot Resolver: one kresd without validation. Its cache is a mapped file: resident memory shows no more of it than what
 * the process has touched through the map, so that its figure of memory is a lower bound.
 */
export const kresd: Contender = {
  name: 'kresd',
  kind: 'peer',
  summary:
    'Knot Resolver, one kresd, no trust anchor; its memory is a lower bound, the cache being a mapped file',
  address: addresses.kresd,
  programs: ['kresd:knot-resolver'],
  streams: ['tcp', 'dot'],
  async start(options) {
    const path = join(options.folder, 'kresd.conf');
    await writeFile(path, configuration(options));
    await mkdir(join(options.folder, 'cache'));
    await using parts = new AsyncDisposableStack();
    const argv = ['kresd', '-n', '-c', path, options.folder];
    const program = parts.use(startProgram(coresFor(options.workers), argv));
    // To questions of class CH it says SERVFAIL.
    await untilAnswering(program, addresses.kresd, query('localhost.'));
    parts.move();
    return program;
  },
  async countAnswers(folder) {
    const count = /\d+/.exec(await evaluate(join(folder, 'control.sock'), 'cache.count()'))?.[0];
    return { count: Number(count), of: 'records of its cache' };
  },
};

/** `test.` is refused as a special name (RFC 6761) unless a rule that comes first lets it pass. */
function configuration({ folder, certificate }: StartOptions): string {
  return `
net.ipv6 = false
net.listen('${addresses.kresd}', 53, { kind = 'dns' })
net.listen('${addresses.kresd}', 853, { kind = 'tls' })
net.listen('${join(folder, 'control.sock')}', nil, { kind = 'control' })
net.tls('${certificate.certificate}', '${certificate.key}')
net.outgoing_v4('${addresses.kresd}')
cache.open(${cacheOctets}, 'lmdb://${join(folder, 'cache')}')
modules = { 'hints > iterate' }
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('detect_time_skew')
modules.unload('priming')
trust_anchors.remove('.')
hints.root({ ['a.root.test.'] = '${places.root}' })
policy.add(policy.suffix(policy.PASS, policy.todnames({ 'test.' })))
`;
}

const saysWithinMs = 5000;

/** Its control socket is an interactive Lua: a line in, what it says and a prompt out. */
async function evaluate(path: string, expression: string): Promise<string> {
  const socket = createConnection(path);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const late = setTimeout(
    () => reject(new Fault('timeout', `kresd does not say ${expression}`)),
    saysWithinMs,
  );
  let said = '';
  socket.setEncoding('utf8');
  socket.on('data', text => {
    said += text;
    if (/\d/.test(said)) resolve(said);
  });
  socket.on('error', reject);
  socket.write(`${expression}\n`);
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}
