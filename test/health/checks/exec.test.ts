import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { execCheck } from '../../../src/health/checks/exec.ts';
import type { Verdict } from '../../../src/health/health-check.ts';
import { complaintsOf, type ProbeSetting, probeCheck, reasonOf } from '../../support/probe-check.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const shell = (script: string, setting?: ProbeSetting, own = {}): Promise<Verdict> =>
  probeCheck(execCheck, { command: ['sh', '-c', script], ...own }, setting);

describe('the exec check', () => {
  it('is healthy when the program exits 0, with its first line as detail', async () => {
    assert.deepEqual(await shell('echo 3 back ends; echo more'), { kind: 'healthy', detail: '3 back ends' });
    assert.deepEqual(await probeCheck(execCheck, { command: ['true'] }), { kind: 'healthy' });
  });

  it('is unhealthy when it exits otherwise, with the first line it prints, of stderr when stdout is empty', async () => {
    assert.deepEqual(await shell('echo; echo database gone; exit 3'), {
      kind: 'unhealthy',
      reason: 'sh exited 3: database gone',
    });
    assert.equal(reasonOf(await shell('echo to stderr >&2; exit 1')), 'sh exited 1: to stderr');
    assert.equal(reasonOf(await probeCheck(execCheck, { command: ['false'] })), 'false exited 1');
  });

  it('could not find out when it exits with the code that says so', async () => {
    assert.deepEqual(await shell('exit 75', {}, { unknownExitCode: 75 }), {
      kind: 'unknown',
      reason: 'sh exited 75',
    });
    assert.equal((await shell('exit 1', {}, { unknownExitCode: 75 })).kind, 'unhealthy');
  });

  it('could not ask when the program cannot be started', async () => {
    const absent = await probeCheck(execCheck, { command: ['/nonexistent/check'] });
    assert.equal(absent.kind, 'unknown');
    assert.match(reasonOf(absent), /^\/nonexistent\/check cannot be started: .*ENOENT/);
    await using folder = await temporaryFolder();
    await writeFile(`${folder.path}/check`, '#!/bin/sh\n', { mode: 0o644 });
    const forbidden = await probeCheck(execCheck, { command: [`${folder.path}/check`] });
    assert.equal(forbidden.kind, 'unknown');
    assert.match(reasonOf(forbidden), /EACCES/);
  });

  it('is unhealthy when the program is killed, and when it does not end in time', async () => {
    assert.equal(reasonOf(await shell('kill -SEGV $$')), 'sh was ended by SIGSEGV');
    assert.deepEqual(await shell('echo asking the database; sleep 60', { timeoutMs: 200 }), {
      kind: 'unhealthy',
      reason: 'sh did not end within 200 ms: asking the database',
    });
  });

  it('tells the program its PoP and the service addresses, beside our own environment', async () => {
    const verdict = await shell('test -n "$PATH" && echo "$ANYCAST_POP $ANYCAST_SERVICE_ADDRESSES"', {
      serviceAddresses: ['203.0.113.53', '2001:db8:53::53'],
    });
    assert.equal(verdict.kind === 'healthy' && verdict.detail, 'fra 203.0.113.53 2001:db8:53::53');
  });

  it('passes arguments as they are: no shell reads them', async () => {
    const verdict = await probeCheck(execCheck, { command: ['echo', '$HOME; exit 1', '*'] });
    assert.equal(verdict.kind === 'healthy' && verdict.detail, '$HOME; exit 1 *');
  });

  it('makes the reason short and free of control characters', async () => {
    const reason = reasonOf(
      await shell(`printf '\\033[31m%s\\n' "$(head -c 900 /dev/zero | tr '\\0' x)"; exit 1`),
    );
    assert.match(reason, /^sh exited 1: \[31mx+$/);
    assert.ok(reason.length < 250, `${reason.length} characters`);
  });

  it('refuses an empty command', () => {
    assert.equal(complaintsOf(execCheck, { command: [] }).length, 1);
    assert.equal(complaintsOf(execCheck, { command: 'systemctl is-active named' }).length, 1);
  });
});
