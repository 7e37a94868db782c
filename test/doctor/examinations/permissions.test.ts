import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeNeed, needsOf } from '../../../src/doctor/examinations/permissions.ts';
import { judgeProcess } from '../../../src/doctor/examinations/processes.ts';
import { judgeRunDirectory } from '../../../src/doctor/examinations/run-directory.ts';
import { judgeNode } from '../../../src/doctor/examinations/runtime.ts';

describe('permissions', () => {
  it('are needed for low ports only where the kernel keeps those from ordinary users', () => {
    const needed = (dnsPort: number, firstFree: number) =>
      needsOf({ dnsPort, firstFree }).map(({ process }) => process);
    assert.deepEqual(needed(53, 1024), ['agent', 'resolver', 'sidecar']);
    assert.deepEqual(needed(5353, 1024), ['agent', 'sidecar']);
    assert.deepEqual(needed(53, 0), ['agent']);
  });

  it('fail when a process runs without one, and are a warning when it is only this user who has none', () => {
    const [need] = needsOf({ dnsPort: 53, firstFree: 0 });
    assert.ok(need);
    assert.equal(judgeNeed(need, new Set(), 'its own').verdict, 'fail');
    assert.equal(judgeNeed(need, new Set(), "this user's").verdict, 'warn');
    assert.equal(judgeNeed(need, new Set(['CAP_NET_ADMIN']), 'its own').verdict, 'pass');
  });
});

describe('the run directory', () => {
  const judged = (mode: number, writable = true) =>
    judgeRunDirectory('/run/anycast', { kind: 'folder', mode, writable }).verdict;

  it('fails when anybody may write there', () => {
    assert.equal(judged(0o040777), 'fail');
    assert.equal(judged(0o040770), 'pass');
  });

  it('is a warning when this user may not write there, or not make it', () => {
    assert.equal(judged(0o040755, false), 'warn');
    const missing = { kind: 'missing', mode: 0, writable: false } as const;
    assert.equal(judgeRunDirectory('/run/anycast', missing).verdict, 'warn');
    assert.equal(judgeRunDirectory('/run/anycast', { ...missing, writable: true }).verdict, 'pass');
  });
});

describe('a process of the PoP', () => {
  const listening = [
    { address: '203.0.113.53', kind: 'service', transport: 'udp', port: null },
    { address: '203.0.113.53', kind: 'service', transport: 'tcp', port: null },
    { address: '198.18.1.6', kind: 'management', transport: 'udp', port: 53 },
  ];

  it('says what it does', () => {
    const status = { pid: 7, decision: { reason: 'announcing: all is well' } };
    assert.equal(
      judgeProcess('agent', { state: 'answers', status, pid: 7 }, '/run/agent.sock').said,
      'process 7: announcing: all is well',
    );
  });

  it('is a warning as a resolver without its service address, which is named once', () => {
    const status = { pid: 7, state: 'partial', listening };
    const finding = judgeProcess('resolver', { state: 'answers', status, pid: 7 }, '/run/resolver.sock');
    assert.equal(finding.verdict, 'warn');
    assert.equal(finding.said, 'process 7, does not listen on 203.0.113.53');
  });

  it('fails with a socket and no answer, and is skipped without a socket', () => {
    assert.equal(judgeProcess('agent', { state: 'silent', complaint: 'gone' }, 'x').verdict, 'fail');
    assert.equal(judgeProcess('agent', { state: 'absent' }, 'x').verdict, 'skip');
    assert.equal(judgeProcess('agent', { state: 'closed' }, 'x').verdict, 'skip');
  });
});

describe('Node', () => {
  it('is new enough from 24', () => {
    assert.equal(judgeNode('24.0.0').verdict, 'pass');
    assert.equal(judgeNode('22.22.2').verdict, 'fail');
  });
});
