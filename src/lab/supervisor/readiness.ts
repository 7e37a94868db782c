/** Waits for what makes a lab ready, condition by condition, and says how far it is. Each is asked of the real thing. */

import type { Clock } from '../../system/clock.ts';
import { Fault } from '../../system/fault.ts';
import { run } from '../../system/run.ts';
import { establishedSessions, hasRoute } from '../bird-socket.ts';
import type { AnswerPlan, LabPlan, NodePlan, ProcessPlan, SessionPlan } from '../plan.ts';
import type { LabProgress } from '../progress.ts';
import { inNode } from './network.ts';
import { lastLogLines, type ProcessTable } from './process-table.ts';

export interface Waiting {
  readonly plan: LabPlan;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  /** Aborts when the time is up or the lab is no longer wanted. */
  readonly signal: AbortSignal;
  onProgress(event: LabProgress): void;
}

/** Something that must hold, with the node and process to look at when it does not. */
interface Condition {
  readonly claim: string;
  readonly node: string;
  readonly process: string;
  holds(signal: AbortSignal): Promise<boolean>;
}

/** Milliseconds between two rounds of asking: a hundredth of what the whole start may take. */
const roundMs = 50;

/** Seconds that dig waits for one answer; a lost query is asked again. */
const digSeconds = 1;

/** Conditions named in a fault's text; the rest are counted. */
const shownConditions = 3;

/**
 * Returns when everything holds.
 * @throws Fault `timeout` with what does not hold, `environment` when a process ended, each with its last log lines.
 */
export async function waitUntilReady(waiting: Waiting): Promise<void> {
  const { plan } = waiting;
  const routerOf = (session: SessionPlan) => ({ node: session.node, process: 'bird' });
  await waitForAll(undefined, nameserversAnswer(plan), waiting);
  await waitForAll('sessions', sessionsEstablished(plan), waiting);
  await waitForAll(
    'announcements',
    plan.readiness.announcements.map(each => ({
      claim: `${each.pop} announces ${each.prefix} to ${each.node}`,
      // The PoP's agent decides; its log says why not.
      ...(hasProcess(plan, each.pop, 'agent') ? { node: each.pop, process: 'agent' } : routerOf(each)),
      holds: signal => hasRoute(each, each.prefix, signal),
    })),
    waiting,
  );
  await waitForAll('answers', plan.readiness.answers.map(answered), waiting);
}

async function waitForAll(
  stage: 'sessions' | 'announcements' | 'answers' | undefined,
  conditions: readonly Condition[],
  waiting: Waiting,
): Promise<void> {
  let open = conditions;
  let reported = -1;
  for (;;) {
    const held = await Promise.all(open.map(each => holdsNow(each, waiting)));
    open = open.filter((_, index) => !held[index]);
    const done = conditions.length - open.length;
    if (stage && conditions.length > 0 && done !== reported)
      waiting.onProgress({ stage, done, of: conditions.length });
    reported = done;
    await assertNoneEnded(waiting);
    if (open.length === 0) return;
    try {
      await waiting.clock.sleep(roundMs, waiting.signal);
    } catch {
      throw await notReady(open, waiting);
    }
  }
}

/** Whether it holds; a thing that cannot be asked yet does not. */
async function holdsNow(condition: Condition, { signal }: Waiting): Promise<boolean> {
  try {
    return await condition.holds(signal);
  } catch (error) {
    if (signal.aborted || error instanceof Fault) return false;
    throw error;
  }
}

async function assertNoneEnded({ processes, plan }: Waiting): Promise<void> {
  const ended = processes.ended();
  if (!ended) return;
  throw new Fault(
    'environment',
    `${ended.process} of ${ended.node} ${ended.end}${await quoteLog(plan, ended.node, ended.process)}`,
    { hint: 'nothing is left running; correct what the lines above say and try again' },
  );
}

async function notReady(open: readonly Condition[], { plan, signal }: Waiting): Promise<unknown> {
  const [first] = open;
  // Aborted by someone who no longer wants the lab, not by time.
  if (!first || (signal.reason instanceof Error && signal.reason.name !== 'TimeoutError'))
    return signal.reason;
  const rest = open.length - shownConditions;
  const claims = open.slice(0, shownConditions).map(({ claim }) => claim);
  const list = [...claims, ...(rest > 0 ? [`${rest} more`] : [])].join('; ');
  return new Fault(
    'timeout',
    `the lab is not ready in its time: not yet true: ${list}${await quoteLog(plan, first.node, first.process)}`,
    { hint: 'nothing is left running; a slow machine may need a longer --timeout' },
  );
}

async function quoteLog({ nodes }: LabPlan, name: string, process: string): Promise<string> {
  const node = nodes.find(each => each.name === name);
  const text = node ? await lastLogLines(node, process) : '';
  return text === '' ? '' : `\n  ${name}/${process}.log ends:\n${text.replace(/^/gm, '    ')}`;
}

function nameserversAnswer({ nodes }: LabPlan): Condition[] {
  return nodes.flatMap(node =>
    node.processes.flatMap(process => (process.ready.kind === 'dns' ? [zoneServed(node, process)] : [])),
  );
}

function zoneServed(node: NodePlan, process: ProcessPlan): Condition {
  const { server, zone } = process.ready as Extract<ProcessPlan['ready'], { kind: 'dns' }>;
  return {
    claim: `${node.name} answers for ${zone}`,
    node: node.name,
    process: process.name,
    holds: signal => digAnswers(node.name, [`@${server}`, zone, 'SOA'], signal),
  };
}

/** One question to each router answers for all its sessions in a round. */
function sessionsEstablished({ readiness }: LabPlan): Condition[] {
  const asked = new Map<string, Promise<Set<string>>>();
  const established = (socket: string, signal: AbortSignal): Promise<Set<string>> => {
    const known = asked.get(socket);
    if (known) return known;
    const answer = establishedSessions(socket, signal).finally(() => asked.delete(socket));
    asked.set(socket, answer);
    return answer;
  };
  return readiness.sessions.map(({ node, socket, protocol }) => ({
    claim: `${node} has a session with ${protocol.replaceAll('_', '-')}`,
    node,
    process: 'bird',
    holds: async signal => (await established(socket, signal)).has(protocol),
  }));
}

function answered({ client, server, name }: AnswerPlan): Condition {
  return {
    claim: `${client} has an answer for ${name} from ${server}`,
    node: client,
    process: '',
    holds: signal => digAnswers(client, [`@${server}`, name, 'A'], signal),
  };
}

async function digAnswers(node: string, question: readonly string[], signal: AbortSignal): Promise<boolean> {
  const argv = ['dig', '+short', '+tries=1', `+time=${digSeconds}`, ...question];
  const { exitCode, stdout } = await run(inNode(node, argv), { signal });
  // dig exits 0 whenever a message came back; with +short it prints something only when that held an answer.
  return exitCode === 0 && stdout.trim() !== '' && !stdout.startsWith(';');
}

function hasProcess({ nodes }: LabPlan, node: string, process: string): boolean {
  return nodes.some(({ name, processes }) => name === node && processes.some(each => each.name === process));
}
