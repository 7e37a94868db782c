/** The agent's metrics, made of its events, verdicts and belief. Every label comes from the configuration or a closed set. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CheckState } from '../health/hysteresis.ts';
import type { TimedVerdict } from '../health/schedule.ts';
import type { Belief } from './announcer.ts';
import type { DampingReport } from './damper.ts';
import { type Decision, reasonKinds } from './decide.ts';
import type { RecordedEvent } from './event-log.ts';
import { type IntentKind, intentKinds } from './intent.ts';
import { leaseMetrics } from './lease/lease-metrics.ts';
import type { Selection } from './looking-glass.ts';
import type { PeerView } from './peers/peer-watch.ts';
import { isDrift } from './route-difference.ts';

/** The agent's view of itself, as it changes. */
export interface AgentMetrics {
  readonly registry: Registry;
  onEvent(event: RecordedEvent): void;
  onVerdict(check: string, timed: TimedVerdict): void;
  onBelief(belief: Belief): void;
  onDecision(decision: Decision, now: { readonly intent: IntentKind; readonly damping: DampingReport }): void;
  /** After each look at the other PoPs. */
  onPeers(views: readonly PeerView[]): void;
  /** After each look into the neighbours' looking glasses. */
  onSelections(selections: ReadonlyMap<string, Selection>): void;
}

export interface MetricLabels {
  readonly checks: readonly string[];
  /** The prefixes this PoP announces when all is well. */
  readonly prefixes: readonly string[];
  readonly neighbours: readonly string[];
  /** The other PoPs. */
  readonly peers: readonly string[];
}

const checkStates: readonly CheckState[] = ['pending', 'up', 'down'];
const verdictKinds = ['healthy', 'unhealthy', 'unknown'] as const;

/** From a cached answer on a quiet machine to a probe timeout. */
const probeBucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export function agentMetrics(labels: MetricLabels): AgentMetrics {
  const registry = new Registry();
  const routes = routeMetrics(registry, labels);
  const checks = checkMetrics(registry, labels);
  const others = peerMetrics(registry, labels);
  const onLease = leaseMetrics(registry);
  return {
    registry,
    onEvent(event) {
      checks.onEvent(event);
      routes.onEvent(event);
      others.onEvent(event);
      onLease(event);
    },
    onVerdict: checks.onVerdict,
    onBelief: routes.onBelief,
    onDecision: routes.onDecision,
    onPeers: others.onPeers,
    onSelections: others.onSelections,
  };
}

function peerMetrics(
  registry: Registry,
  labels: MetricLabels,
): Pick<AgentMetrics, 'onEvent' | 'onPeers' | 'onSelections'> {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const staying = gauge('anycast_agent_peer_staying', '1 while the other PoP announces and means to go on', [
    'peer',
  ]);
  const reported = gauge('anycast_agent_peer_reported', '1 while the agent of the other PoP can be asked', [
    'peer',
  ]);
  const answers = gauge(
    'anycast_agent_peer_answers',
    '1 while the resolver of the other PoP answers at its management address',
    ['peer'],
  );
  const seesUs = gauge(
    'anycast_agent_seen_by_peer',
    '1 while the other PoP sees our resolver answer, 0 while it does not; absent while it does not say',
    ['peer'],
  );
  const selected = gauge(
    'anycast_agent_neighbour_selects',
    "1 while the neighbour's best path leads here, 0 while it does not; absent while unknown",
    ['neighbour'],
  );
  const floor = new Counter({
    name: 'anycast_agent_floor_answers_total',
    help: 'Answers to the question whether this PoP may leave for a soft fault',
    labelNames: ['outcome'],
    registers,
  });
  const attributions = new Counter({
    name: 'anycast_agent_attributions_total',
    help: 'Faults of something shared that were found to be here, everywhere, or could not be attributed',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['granted', 'refused']) floor.inc({ outcome }, 0);
  for (const outcome of ['here', 'everywhere', 'unknown']) attributions.inc({ outcome }, 0);
  const setKnown = <L extends string>(
    metric: Gauge<L>,
    label: Record<L, string>,
    value: 'yes' | 'no' | 'unknown',
  ) => {
    if (value === 'unknown') metric.remove(label);
    else metric.set(label, Number(value === 'yes'));
  };
  return {
    onEvent(event) {
      if (event.kind === 'floor') floor.inc({ outcome: event.outcome });
      if (event.kind === 'attribution') attributions.inc({ outcome: event.outcome });
    },
    onPeers(views) {
      for (const { pop: peer, standing, ...view } of views) {
        if (!labels.peers.includes(peer)) continue;
        staying.set({ peer }, Number(standing === 'in'));
        reported.set({ peer }, Number(standing !== undefined));
        answers.set({ peer }, Number(view.answers === 'yes'));
        setKnown(seesUs, { peer }, view.seesUs);
      }
    },
    onSelections(selections) {
      for (const [neighbour, selection] of selections) setKnown(selected, { neighbour }, selection);
    },
  };
}

function checkMetrics(registry: Registry, labels: MetricLabels): Pick<AgentMetrics, 'onEvent' | 'onVerdict'> {
  const registers = [registry];
  const state = new Gauge({
    name: 'anycast_check_state',
    help: '1 for the state the check is in',
    labelNames: ['check', 'state'],
    registers,
  });
  const transitions = new Counter({
    name: 'anycast_check_transitions_total',
    help: 'Changes of state',
    labelNames: ['check', 'to'],
    registers,
  });
  const verdicts = new Counter({
    name: 'anycast_check_verdicts_total',
    help: 'Verdicts',
    labelNames: ['check', 'verdict'],
    registers,
  });
  const duration = new Histogram({
    name: 'anycast_check_probe_duration_seconds',
    help: 'How long probes took',
    labelNames: ['check'],
    buckets: probeBucketsSeconds,
    registers,
  });
  const setState = (check: string, to: CheckState): void => {
    for (const each of checkStates) state.set({ check, state: each }, Number(each === to));
  };
  for (const check of labels.checks) {
    setState(check, 'pending');
    for (const to of checkStates) transitions.inc({ check, to }, 0);
    for (const verdict of verdictKinds) verdicts.inc({ check, verdict }, 0);
  }
  return {
    onEvent(event) {
      if (event.kind !== 'check-state') return;
      setState(event.check, event.to);
      transitions.inc({ check: event.check, to: event.to });
    },
    onVerdict(check, { verdict, tookMs }) {
      verdicts.inc({ check, verdict: verdict.kind });
      if (tookMs !== undefined) duration.observe({ check }, tookMs / 1000);
    },
  };
}

function routeMetrics(
  registry: Registry,
  labels: MetricLabels,
): Pick<AgentMetrics, 'onEvent' | 'onBelief' | 'onDecision'> {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const applied = counter('anycast_agent_applies_total', 'Route changes the router accepted');
  const failed = counter('anycast_agent_apply_failures_total', 'Route changes the router did not accept');
  const drift = counter(
    'anycast_agent_drift_total',
    'Times the router was seen to do other than it was told',
  );
  const flaps = counter('anycast_agent_flaps_total', 'Faults that took something from the routes');
  const penalty = gauge('anycast_agent_damping_penalty', 'Flaps that count at this moment');
  const suppressed = gauge(
    'anycast_agent_suppressed_seconds',
    'Time until flap damping lets the routes return; 0 while it does not hold them',
  );
  const isDrifting = gauge('anycast_agent_drift', '1 while the router does other than it was told');
  const known = gauge('anycast_agent_belief_known', '1 while what the router does is known');
  const announced = gauge('anycast_agent_announced', '1 while the router is seen to export the prefix', [
    'prefix',
  ]);
  const wanted = gauge('anycast_agent_wanted', '1 while the prefix shall be announced', ['prefix']);
  const session = gauge('anycast_agent_session_up', '1 while the BGP session is established', [
    'neighbour',
    'family',
  ]);
  const intent = gauge('anycast_agent_intent', '1 for what the operator wants', ['intent']);
  const reason = gauge('anycast_agent_decision', '1 for the reason of the present decision', ['reason']);
  for (const prefix of labels.prefixes) {
    announced.set({ prefix }, 0);
    wanted.set({ prefix }, 0);
  }
  return {
    onEvent({ kind }) {
      if (kind === 'applied') applied.inc();
      if (kind === 'apply-failed') failed.inc();
      if (kind === 'drift') drift.inc();
      if (kind === 'damping') flaps.inc();
    },
    onBelief(belief) {
      known.set(Number(belief.known));
      if (!belief.known) return;
      isDrifting.set(Number(belief.difference !== undefined && isDrift(belief.difference)));
      for (const prefix of labels.prefixes)
        announced.set({ prefix }, Number(belief.observation.exported.has(prefix)));
      for (const { neighbour, family, state } of belief.observation.sessions) {
        if (labels.neighbours.includes(neighbour))
          session.set({ neighbour, family }, Number(state === 'established'));
      }
    },
    onDecision(decision, { intent: wish, damping }) {
      penalty.set(damping.penalty);
      suppressed.set((damping.suppressedForMs ?? 0) / 1000);
      const texts = new Set(decision.announcements.map(({ prefix }) => prefix.text));
      for (const prefix of labels.prefixes) wanted.set({ prefix }, Number(texts.has(prefix)));
      for (const kind of reasonKinds) reason.set({ reason: kind }, Number(kind === decision.reason.kind));
      for (const kind of intentKinds) intent.set({ intent: kind }, Number(kind === wish));
    },
  };
}
