import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { AgentReport } from '../../src/agent/agent-report.ts';
import { isWell, statusText } from '../../src/agent/report-text.ts';

const prefix = '203.0.113.53/32';

function report(over: Partial<AgentReport>): AgentReport {
  return {
    pop: 'fra',
    pid: 1,
    driver: 'bird',
    startedAt: '2026-01-02T03:04:05.678Z',
    intent: { kind: 'serve' },
    decision: { kind: 'all-checks-up', reason: 'announcing: all checks up', announced: [prefix] },
    standing: 'in',
    observation: seen([prefix], true),
    checks: [],
    damping: { penalty: 0, suppressed: false },
    lease: { state: 'held', detail: 'renewed', remainingMs: 3000, lapses: 0 },
    peers: [],
    selections: {},
    ...over,
  };
}

function seen(prefixes: readonly string[], asDecided: boolean): AgentReport['observation'] {
  return {
    known: true,
    ageMs: 0,
    asDecided,
    exported: prefixes.map(each => ({ prefix: each, neighbours: ['isp-eu'], attributes: '' })),
    sessions: [{ neighbour: 'isp-eu', family: 4, state: 'established', detail: 'Established' }],
  };
}

const withdrawn: Partial<AgentReport> = {
  intent: { kind: 'withdraw' },
  decision: {
    kind: 'withdrawn-by-operator',
    reason: 'withdrawn: by operator, still answering',
    announced: [],
  },
};

describe('the status of a PoP', () => {
  it('is well while it announces, and while it is out of service as its operator wished', () => {
    assert.equal(isWell(report({})), true);
    assert.equal(isWell(report({ ...withdrawn, observation: seen([], true) })), true);
  });

  it('is not well when it is not seen to announce, or was withdrawn and is seen to announce still', () => {
    assert.equal(isWell(report({ observation: seen([], false) })), false);
    assert.equal(isWell(report({ ...withdrawn, observation: seen([prefix], false) })), false);
  });

  it('says below the decision when the router does otherwise', () => {
    const text = (each: AgentReport) => stripVTControlCharacters(statusText(each));
    assert.match(
      text(report({ ...withdrawn, observation: seen([prefix], false) })),
      /The router does otherwise/,
    );
    assert.doesNotMatch(text(report({})), /otherwise/);
  });
});
