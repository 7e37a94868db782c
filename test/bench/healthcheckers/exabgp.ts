/**
 * ExaBGP and its healthcheck in the place of the kit's agent, sidecar and BIRD.
 *
 * healthcheck's states are stamped when their line arrives here, as changes in a neighbour's kernel are.
 */

import { comesTrue } from '../../../src/lab/come-true.ts';
import type { LabChild } from '../../../src/lab/lab-runtime.ts';
import { Fault } from '../../../src/system/fault.ts';
import { onLines } from '../../../src/system/lines.ts';
import type { Contender, Site, Tenure } from './contender.ts';
import { exabgpArgv, exabgpFiles, exabgpPaths, type HealthcheckOptions } from './exabgp-files.ts';
import { vacate } from './vacate.ts';

/** Milliseconds until healthcheck holds the service to be up: three checks a second apart at its defaults. */
const upMs = 20_000;
/** Milliseconds to withdraw and end; ExaBGP may wait for ever for a process that waits for it. */
const endMs = 3000;
/** Lines of its output that are quoted when it fails. */
const quotedLines = 8;

export function exabgp(name: string, summary: string, options: HealthcheckOptions): Contender {
  return { name, summary, takeOver: async site => await takeOver(site, options) };
}

async function takeOver(site: Site, options: HealthcheckOptions): Promise<Tenure> {
  await using stack = new AsyncDisposableStack();
  stack.use(await vacate(site));
  const { lab, pop, clock } = site;
  const runDirectory = lab.plan.nodes.find(node => node.name === pop)?.runDirectory ?? '';
  const folder = `${runDirectory}/exabgp`;
  stack.defer(async () => void (await lab.exec(pop, ['rm', '-rf', folder])));
  await writeFiles(site, folder, options);
  const { states: statesPath } = exabgpPaths(folder);
  const states = followStates(stack.use(lab.spawn(pop, ['tail', '-n', '+1', '-f', statesPath])), clock);
  const child = stack.use(lab.spawn(pop, exabgpArgv(folder)));
  stack.defer(async () => await endInOrder(site, folder, child));
  const said = linesOf(child);
  const isUp = (): boolean => states.at(-1)?.state === 'UP';
  if (!(await comesTrue(upMs, site, isUp))) {
    const last = said.slice(-quotedLines).join('\n  ');
    throw new Fault('timeout', `healthcheck at ${pop} does not hold the service to be up:\n  ${last}`);
  }
  const tenancy = stack.move();
  return {
    downAt: async fromMs => states.find(({ state, atMs }) => state === 'DOWN' && atMs > fromMs)?.atMs ?? null,
    [Symbol.asyncDispose]: async () => await tenancy.disposeAsync(),
  };
}

async function writeFiles(site: Site, folder: string, options: HealthcheckOptions): Promise<void> {
  const { lab, pop, signal } = site;
  await lab.exec(pop, ['mkdir', '-p', folder], { signal });
  for (const { path, text } of exabgpFiles(folder, options, site)) {
    const { exitCode, stderr } = await lab.exec(pop, ['tee', path], { signal, input: text });
    if (exitCode !== 0) throw new Fault('environment', `${path} cannot be written: ${stderr.trim()}`);
  }
}

interface SeenState {
  readonly state: string;
  readonly atMs: number;
}

function followStates(child: LabChild, clock: Site['clock']): readonly SeenState[] {
  const states: SeenState[] = [];
  onLines(child.stdout, state => states.push({ state, atMs: clock.monotonicMs() }));
  return states;
}

/** Everything that a program prints. */
function linesOf({ stdout, stderr }: LabChild): readonly string[] {
  const lines: string[] = [];
  for (const stream of [stdout, stderr]) onLines(stream, line => lines.push(line));
  return lines;
}

/** healthcheck withdraws and ends, then ExaBGP closes its sessions. What does not is killed when `child` is disposed of. */
async function endInOrder({ lab, pop, clock }: Site, folder: string, child: LabChild): Promise<void> {
  const { healthcheckPid, pid } = exabgpPaths(folder);
  const { stdout } = await lab.exec(pop, ['cat', healthcheckPid, pid]);
  const pids = stdout.split('\n').filter(line => /^\d+$/.test(line));
  for (const each of pids) await lab.exec(pop, ['kill', '-TERM', each]);
  await Promise.race([child.ended, clock.sleep(endMs)]);
}
