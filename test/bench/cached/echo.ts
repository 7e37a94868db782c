/** The floors: programs that send back what they get, in C with recvmmsg, and in Node with node:dgram. */
import { join } from 'node:path';
import { runOrThrow } from '../../../src/system/run.ts';
import { coresFor } from '../universe/namespace.ts';
import { type Program, startProgram } from '../universe/program.ts';
import { untilAnswering } from '../universe/resolver-process.ts';
import { addresses, type Contender } from './contender.ts';

const compileWithinMs = 60_000;

export const echo: Contender = {
  name: 'echo',
  kind: 'floor',
  summary: 'C: recvmmsg and sendmmsg of 64, what came is sent back',
  address: addresses.echo,
  programs: ['cc:gcc', 'cc:libc6-dev'],
  streams: [],
  async start({ folder, workers }) {
    const program = join(folder, 'echo');
    const source = join(import.meta.dirname, 'echo.c');
    await runOrThrow(['cc', '-O2', '-Wall', '-o', program, source], { timeoutMs: compileWithinMs });
    return await started([program, addresses.echo], addresses.echo, workers);
  },
};

export const dgramEcho: Contender = {
  name: 'dgram-echo',
  kind: 'floor',
  summary: 'node:dgram, one socket, what came is sent back',
  address: addresses.dgramEcho,
  programs: [],
  streams: [],
  start: ({ workers }) =>
    started(
      [process.execPath, join(import.meta.dirname, 'dgram-echo.ts'), addresses.dgramEcho],
      addresses.dgramEcho,
      workers,
    ),
};

async function started(argv: readonly string[], address: string, workers: 1 | 2): Promise<Program> {
  await using parts = new AsyncDisposableStack();
  const program = parts.use(startProgram(coresFor(workers), argv));
  await untilAnswering(program, address);
  parts.move();
  return program;
}
