/** The agent's report as text for a terminal. */
import { styleText } from 'node:util';
import type { AgentReport, CheckReport, Explanation, ObservationReport } from './agent-report.ts';
import type { RecordedEvent } from './event-log.ts';

type View = Omit<AgentReport, 'pid' | 'driver' | 'startedAt'>;

/** Events that `anycast explain` shows; `--json` has them all. */
const eventsShown = 15;

/** How things stand, on one screen. */
export function statusText(report: AgentReport): string {
  const doubt = report.observation.asDecided === true ? [] : [belief(report)];
  return `${[headline(report), ...doubt, '', ...details(report)].join('\n')}\n`;
}

/** Why things stand as they do, and how they came to. */
export function explanationText(explanation: Explanation): string {
  const shown = explanation.events.slice(-eventsShown);
  return `${[
    headline(explanation),
    belief(explanation),
    '',
    ...details(explanation),
    '',
    'the decision, first rule that applies',
    ...explanation.trace.map(traceLine),
    '',
    `last ${shown.length} events`,
    ...shown.map(eventLine),
  ].join('\n')}\n`;
}

/** Whether the router was last seen to export every prefix of the decision, and there are some. */
export function isAnnouncing({ decision, observation }: View): boolean {
  const exported = new Set(observation.exported.map(({ prefix }) => prefix));
  return decision.announced.length > 0 && decision.announced.every(prefix => exported.has(prefix));
}

/** Whether the PoP does what its operator asked for, as far as the router was seen. */
export function isWell(view: View): boolean {
  // A router that cannot be asked may be the very thing that was taken out.
  return view.intent.kind === 'serve' ? isAnnouncing(view) : view.observation.asDecided !== false;
}

function headline(view: View): string {
  const color = isAnnouncing(view) ? 'green' : view.decision.announced.length > 0 ? 'yellow' : 'red';
  return styleText('bold', `${view.pop}  `) + styleText(color, view.decision.reason);
}

/** Belief beside decision, in a sentence. */
function belief({ decision, observation }: View): string {
  if (!observation.known) return `What the router does is unknown: ${observation.detail}.`;
  if (observation.asDecided === true)
    return `The router was seen to do so ${ago(observation.ageMs ?? 0)}${decision.announced.length > 0 ? '' : ': it exports no service prefix'}.`;
  const isDown = !observation.sessions.some(session => session.state === 'established');
  return isDown
    ? 'No BGP session is established, so nobody hears of it.'
    : `The router does otherwise (seen ${ago(observation.ageMs ?? 0)}); the agent is applying the decision again.`;
}

function details(view: View): string[] {
  const { intent, drain, observation, decision } = view;
  const since = intent.since === undefined ? '' : ` since ${clockTime(intent.since)}`;
  return [
    ...row('intent', [`${intent.kind}${since}${drain === undefined ? '' : ` (${drain})`}`]),
    ...row('wanted', decision.announced.length > 0 ? [decision.announced.join('  ')] : ['nothing']),
    ...row('exported', exportedLines(observation)),
    ...row(
      'sessions',
      observation.sessions.map(
        ({ neighbour, family, state, detail }) =>
          `${neighbour} IPv${family}  ${state}${state === 'established' ? '' : `  ${detail}`}`,
      ),
    ),
    ...row('checks', checkLines(view.checks)),
    ...row('lease', leaseLines(view.lease)),
    ...row('damping', dampingLines(view.damping)),
    ...row('peers', view.peers.map(peerLine)),
    ...row(
      'selected',
      Object.entries(view.selections).map(([name, yes]) => `by ${name}: ${yes}`),
    ),
  ];
}

function leaseLines({ state, detail, lapses }: View['lease']): string[] {
  const color = state === 'held' ? 'green' : state === 'lost' ? 'red' : 'yellow';
  const lapsed =
    lapses === 0 ? '' : `  (the sidecar had the routes ${lapses === 1 ? 'once' : `${lapses} times`})`;
  return [`${styleText(color, state)}${state === 'held' ? '' : `  ${detail}`}${lapsed}`];
}

/** Nothing while nothing flapped. */
function dampingLines({ penalty, suppressedForMs }: View['damping']): string[] {
  if (penalty < 0.1) return [];
  const until =
    suppressedForMs === undefined ? '' : `, suppressed for ${(suppressedForMs / 1000).toFixed(0)} s`;
  return [`${penalty.toFixed(1)} flaps count${until}`];
}

const standings = { in: 'announces', asking: 'asks to leave', out: 'does not announce' } as const;

function peerLine({ pop, standing, answers, seesUs }: View['peers'][number]): string {
  const says = standing === undefined ? 'its agent cannot be asked' : standings[standing];
  const answering = { yes: 'answers', no: styleText('red', 'is silent'), unknown: 'not asked yet' }[answers];
  const seeing = { yes: 'sees us answer', no: styleText('red', 'sees us silent'), unknown: '' }[seesUs];
  return [pop, says, answering, seeing].filter(text => text !== '').join('  ');
}

function traceLine({ when, outcome }: Explanation['trace'][number]): string {
  const mark = { no: 'no ', decides: styleText('bold', 'yes'), would: 'too' }[outcome];
  return `  ${mark}  ${outcome === 'no' ? styleText('dim', when) : when}`;
}

function exportedLines({ known, detail, exported }: ObservationReport): string[] {
  if (!known) return [`unknown: ${detail}`];
  if (exported.length === 0) return ['nothing'];
  return exported.map(
    ({ prefix, neighbours, attributes }) =>
      `${prefix}  to ${neighbours.join(', ')}${attributes === '' ? '' : `  (${attributes})`}`,
  );
}

function checkLines(checks: readonly CheckReport[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.map(({ name, state, paused, since, detail }) => {
    const shown = paused ? 'paused' : state;
    const color = shown === 'up' ? 'green' : shown === 'down' ? 'red' : 'yellow';
    const said = paused ? 'not asked while drained' : detail;
    return `${name.padEnd(width)}  ${styleText(color, shown.padEnd(7))}  since ${clockTime(since)}  ${said}`;
  });
}

/** A label and its values, one a line. */
function row(label: string, values: readonly string[]): string[] {
  return values.map((value, index) => `  ${(index === 0 ? label : '').padEnd(10)}${value}`);
}

function eventLine(event: RecordedEvent): string {
  return `  ${clockTime(event.at)}  ${event.kind.padEnd(14)}  ${eventSentence(event)}`;
}

function eventSentence(event: RecordedEvent): string {
  switch (event.kind) {
    case 'started':
      return `intent ${event.intent}, router driver ${event.driver}`;
    case 'check-state':
      return `${event.check}: ${event.from} -> ${event.to}: ${event.detail}`;
    case 'check-unknown':
      return `${event.check} could not ask: ${event.detail}`;
    case 'service-state':
      return `${event.from} -> ${event.to}`;
    case 'decision':
    case 'observe-failed':
      return event.detail;
    case 'applied':
      return `${list(event.announced)}, accepted in ${ms(event.tookMs)}`;
    case 'apply-failed':
      return `attempt ${event.attempt}: ${event.detail}; again in ${ms(event.retryMs)}`;
    case 'observed':
      return `exported: ${list(event.exported)}${event.sinceApplyMs === undefined ? '' : `, ${ms(event.sinceApplyMs)} after apply`}`;
    case 'drift':
      return `missing: ${list(event.missing)}; unexpected: ${list(event.extra)}; with other attributes: ${list(event.different)}`;
    case 'damping':
      return `${event.penalty.toFixed(1)} flaps count${event.until === undefined ? '' : `: suppressed until ${clockTime(event.until)}`}`;
    case 'lease':
      return `${event.state}: ${event.detail}`;
    case 'lease-lapsed':
      return event.detail;
    case 'attribution':
      return `${event.check}: ${{ here: 'here alone', everywhere: 'everywhere', unknown: 'unknown where' }[event.outcome]}: ${event.detail}`;
    case 'isolation':
      return event.outcome === 'heard'
        ? 'a session is up again'
        : 'no session is up: no neighbour hears this PoP';
    case 'floor':
      return event.outcome === 'granted'
        ? 'enough other PoPs stay'
        : `fewer than ${event.minimum} other PoPs are known to stay`;
    case 'peer':
      return `${event.pop}: ${event.standing}, answers: ${event.answers}, sees us: ${event.seesUs}`;
    case 'selected':
      return `${event.neighbour}: ${event.selection}`;
    case 'session':
      return `${event.neighbour} IPv${event.family}: ${event.state}: ${event.detail}`;
    case 'address':
      return `${event.outcome}: ${event.detail}`;
    case 'drain':
      return `${event.phase} after ${ms(event.afterMs)}${event.detail === undefined ? '' : `: ${event.detail}`}`;
    default:
      return event satisfies never;
  }
}

function list(prefixes: readonly string[]): string {
  return prefixes.length > 0 ? prefixes.join(' ') : 'nothing';
}

/** Milliseconds with as many digits as are of use. */
export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function ago(ageMs: number): string {
  return ageMs < 1000 ? 'just now' : `${(ageMs / 1000).toFixed(0)} s ago`;
}

/** The time of day of an ISO 8601 time, in UTC as in the logs. */
function clockTime(iso: string): string {
  return `${iso.slice(11, 23)}Z`;
}
