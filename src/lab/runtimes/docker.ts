/**
 * The Docker runtime: every node a container, made by Compose from the committed docker-compose.yml.
 *
 * It finds a running lab by the containers' label, whoever brought it up, asks one of them for the plan that they carry
 * out, and speaks to the engine through the `docker` program. A program in a container outlives the `docker exec` that
 * started it: what `spawn` starts should end with its standard input, as the prober and the stand-in do, or when it can no
 * longer write, as `ip monitor` does.
 */
import { suggestion } from '../../config/nearest.ts';
import { systemClock } from '../../system/clock.ts';
import { Fault } from '../../system/fault.ts';
import { run, runOrThrow } from '../../system/run.ts';
import { onTerminal, startChild } from '../child.ts';
import { containerName, labLabel } from '../compose/container.ts';
import { containerSettings } from '../compose/settings.ts';
import type { Lab, LabRuntime, LabStatus, LinkState, ProcessState, UpOptions } from '../lab-runtime.ts';
import type { AnswerPlan, LabPlan, LinkPlan, NodePlan } from '../plan.ts';

/** Milliseconds for Compose to build the image and make or end all containers on a small machine. */
const composeTimeoutMs = 600_000;
/** Milliseconds between looks at who is answered. */
const lookMs = 500;

export const docker: LabRuntime = {
  kind: 'docker',

  settings: async () => containerSettings,

  async up(plan, options) {
    if ((await runningContainers(options.signal)).length > 0) {
      throw new Fault('busy', 'a lab runs already in Docker', { hint: 'end it with: docker compose down' });
    }
    options.onProgress({ stage: 'building', nodes: plan.nodes.length, links: plan.links.length });
    try {
      await compose(['up', '--detach'], options.signal);
      const lab = labOf(plan);
      await everyoneAnswered(lab, options);
      return lab;
    } catch (error) {
      await compose(['down', '--volumes', '--timeout', '1'], AbortSignal.timeout(composeTimeoutMs));
      throw error;
    }
  },

  async attach(_name, signal) {
    const [container] = await runningContainers(signal);
    if (container === undefined) return undefined;
    const argv = ['anycast', 'lab', 'node', '--print-plan'];
    return labOf(JSON.parse(await runOrThrow(['docker', 'exec', container, ...argv], { signal })) as LabPlan);
  },
};

function labOf(plan: LabPlan): Lab {
  return {
    name: plan.topology,
    runtime: docker.kind,
    plan,
    exec: async (node, argv, options = {}) => await run(inContainer(nodeNamed(node, plan), argv), options),
    spawn: (node, argv) => startChild(inContainer(nodeNamed(node, plan), argv)),
    async enter(node, argv, signal) {
      const terminal = process.stdin.isTTY ? ['--tty'] : [];
      return await onTerminal(inContainer(nodeNamed(node, plan), argv, terminal), signal);
    },
    async setLink(name, state) {
      const [near] = linkNamed(name, plan).ends;
      await runOrThrow(inContainer(near, ['ip', 'link', 'set', 'dev', near.interface, state]));
    },
    async signalProcess(node, process, signal) {
      const { container, isChild } = processNamed(node, process, plan);
      // A child is no container of its own: it is signalled from inside the one that it runs in.
      const argv = isChild
        ? (['exec', container, 'pkill', `-${signal.slice('SIG'.length)}`, '-x', process] as const)
        : (['kill', '--signal', signal, container] as const);
      await runOrThrow(['docker', ...argv]);
    },
    async startProcess(node, process) {
      await runOrThrow(['docker', 'start', processNamed(node, process, plan).container]);
    },
    status: async () => await statusOf(plan),
    async down() {
      await compose(['down', '--volumes', '--timeout', '1'], AbortSignal.timeout(composeTimeoutMs));
    },
  };
}

function inContainer(
  node: { readonly node: string },
  argv: readonly string[],
  flags: readonly string[] = [],
): [string, ...string[]] {
  return ['docker', 'exec', '--interactive', ...flags, containerName(node.node), ...argv];
}

function nodeNamed(name: string, { nodes }: LabPlan): { readonly node: string; readonly plan: NodePlan } {
  const plan = nodes.find(each => each.name === name);
  if (plan) return { node: name, plan };
  const known = nodes.map(each => each.name);
  throw new Fault('usage', `there is no node '${name}' in the lab`, { hint: suggestion(name, known) });
}

function linkNamed(name: string, { links }: LabPlan): LinkPlan {
  const link = links.find(each => each.name === name);
  if (link) return link;
  const known = links.map(each => each.name);
  throw new Fault('usage', `there is no link '${name}' in the lab`, { hint: suggestion(name, known) });
}

/** The container of a process, which for all but a PoP's is the node's own. */
function processNamed(node: string, process: string, plan: LabPlan): { container: string; isChild: boolean } {
  const { role, processes } = nodeNamed(node, plan).plan;
  const owner = processes.find(each => each.name === process || each.children.includes(process));
  if (!owner) {
    const known = processes.flatMap(each => [each.name, ...each.children]);
    throw new Fault('usage', `there is no process '${process}' at ${node}`, {
      hint: suggestion(process, known),
    });
  }
  const container = role === 'pop' ? containerName(node, owner.name) : containerName(node);
  return { container, isChild: owner.name !== process };
}

async function runningContainers(signal: AbortSignal): Promise<string[]> {
  const text = await runOrThrow(['docker', 'ps', '--quiet', '--filter', `label=${labLabel}`], { signal });
  return text.split('\n').filter(line => line !== '');
}

/** Compose v2 where the engine's client has it, else v1, which gives the engine a minute for a call: less than a busy one needs. */
async function compose(argv: readonly string[], signal: AbortSignal): Promise<void> {
  const { exitCode } = await run(['docker', 'compose', 'version'], { signal });
  const program: [string, ...string[]] = exitCode === 0 ? ['docker', 'compose'] : ['docker-compose'];
  const env = { COMPOSE_HTTP_TIMEOUT: String(composeTimeoutMs / 1000) };
  await runOrThrow([...program, ...argv], { signal, timeoutMs: composeTimeoutMs, env });
}

/** Waits until every client has what it should. @throws Fault `timeout` naming one that has not. */
async function everyoneAnswered(lab: Lab, { timeoutMs, signal, onProgress }: UpOptions): Promise<void> {
  const deadline = systemClock.monotonicMs() + timeoutMs;
  const { answers } = lab.plan.readiness;
  for (;;) {
    const seen = await Promise.all(answers.map(async answer => await isAnswered(lab, answer, signal)));
    const done = seen.filter(Boolean).length;
    onProgress({ stage: 'answers', done, of: answers.length });
    if (done === answers.length) return;
    if (systemClock.monotonicMs() > deadline) {
      const missing = answers[seen.indexOf(false)];
      throw new Fault('timeout', `${missing?.client} is not answered by ${missing?.server}`, {
        hint: 'docker compose logs says why; --timeout gives it longer',
      });
    }
    await systemClock.sleep(lookMs, signal);
  }
}

async function isAnswered(
  lab: Lab,
  { client, server, name }: AnswerPlan,
  signal: AbortSignal,
): Promise<boolean> {
  const argv = ['dig', '+short', '+time=1', '+tries=1', `@${server}`, name, 'A'] as const;
  const { exitCode, stdout } = await lab.exec(client, argv, { signal });
  return exitCode === 0 && stdout !== '' && !stdout.startsWith(';');
}

/** What `docker inspect` says of a container. */
interface Inspected {
  readonly Name: string;
  readonly State: { readonly Pid: number; readonly Running: boolean; readonly Paused: boolean };
}

async function statusOf(plan: LabPlan): Promise<LabStatus> {
  const signal = AbortSignal.timeout(composeTimeoutMs);
  const ids = await runOrThrow(['docker', 'ps', '--all', '--quiet', '--filter', `label=${labLabel}`], {
    signal,
  });
  const text = await runOrThrow(['docker', 'inspect', ...ids.split('\n').filter(id => id !== '')], {
    signal,
  });
  const states = new Map(
    (JSON.parse(text) as Inspected[]).map(({ Name, State }) => [Name.replace(/^\//, ''), State]),
  );
  const processStatus = (node: NodePlan, name: string) => {
    const state = states.get(processNamed(node.name, name, plan).container);
    const running = state?.Running === true;
    return { name, pid: running ? state.Pid : null, state: processState(state) };
  };
  const nodes = plan.nodes.map(node => {
    const processes = node.processes.map(({ name }) => processStatus(node, name));
    const holds = states.get(containerName(node.name))?.Running === true;
    const state = holds && processes.every(each => each.state === 'running') ? 'running' : 'degraded';
    const addresses = [...node.loopback, ...node.interfaces.flatMap(each => each.addresses)];
    return { name: node.name, role: node.role, state, addresses, processes } as const;
  });
  const links = await Promise.all(
    plan.links.map(async link => ({ name: link.name, state: await linkState(link) })),
  );
  const [first] = plan.nodes;
  return { pid: states.get(containerName(first?.name ?? ''))?.Pid ?? 0, runtime: docker.kind, nodes, links };
}

function processState(state: Inspected['State'] | undefined): ProcessState {
  if (state?.Running !== true) return 'exited';
  return state.Paused ? 'stopped' : 'running';
}

async function linkState({ ends: [near] }: LinkPlan): Promise<LinkState> {
  const { stdout } = await run(inContainer(near, ['ip', '-json', 'link', 'show', 'dev', near.interface]));
  const [shown] = stdout.startsWith('[') ? (JSON.parse(stdout) as { operstate: string }[]) : [];
  return shown?.operstate === 'UP' ? 'up' : 'down';
}
