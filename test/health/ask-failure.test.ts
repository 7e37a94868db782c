import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askFailure, failureVerdict } from '../../src/health/ask-failure.ts';

const never = new AbortController().signal;
const withCode = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

describe('an error of a socket', () => {
  it('is the service’s when the other side, or the way to it, failed', () => {
    for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'EPROTO', 'UNHEARD_OF'])
      assert.equal(askFailure(withCode(code), never).kind, 'failed', code);
    assert.equal(askFailure(new Error('Parse Error'), never).kind, 'failed');
  });

  it('is our own when this machine lacks what it takes to ask', () => {
    for (const code of ['EMFILE', 'ENOBUFS', 'EADDRNOTAVAIL', 'EPERM'])
      assert.deepEqual(failureVerdict(askFailure(withCode(code), never), 'tcp 203.0.113.53'), {
        kind: 'unknown',
        reason: `tcp 203.0.113.53: connect ${code}`,
      });
  });

  it('means that time was up, whatever it says, once the signal has aborted', () => {
    assert.deepEqual(
      failureVerdict(askFailure(withCode('EMFILE'), AbortSignal.abort()), 'tcp 203.0.113.53'),
      {
        kind: 'unhealthy',
        reason: 'tcp 203.0.113.53: no answer in time',
      },
    );
  });
});
