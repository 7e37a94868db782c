import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { healthChecks } from '../../src/health/checks.ts';
import type { Verdict } from '../../src/health/health-check.ts';
import { addressesOf, contextOf, type ProbeSetting, probeCheck, reasonOf } from '../support/probe-check.ts';

const checkOf = (kind: string) => {
  const check = healthChecks.find(each => each.kind === kind);
  assert.ok(check, `there is a check '${kind}'`);
  return check;
};

const probe = (kind: string, options: object, setting?: ProbeSetting): Promise<Verdict> =>
  probeCheck(checkOf(kind), options, setting);

const well = { kind: 'exec', command: ['true'] };
const sick = { kind: 'exec', command: ['sh', '-c', 'echo sick; exit 1'] };
const blind = { kind: 'exec', command: ['/nonexistent/check'] };
const hung = { kind: 'exec', command: ['sleep', '60'] };

describe('a composite check', () => {
  let server: Server;
  let port: number;
  before(async () => {
    server = createServer((_request, response) => response.end('well')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => server.close());

  it('of kind all needs every member, of different kinds', async () => {
    const web = { kind: 'http', port };
    assert.deepEqual(await probe('all', { of: { web, port: { kind: 'tcp', port }, script: well } }), {
      kind: 'healthy',
      detail: '3 of 3 healthy',
    });
    assert.deepEqual(await probe('all', { of: { web, script: sick } }), {
      kind: 'unhealthy',
      reason: 'script: sh exited 1: sick',
    });
    const verdict = await probe('all', { of: { web, script: blind } });
    assert.equal(verdict.kind, 'unknown');
    assert.match(reasonOf(verdict), /^script: \/nonexistent\/check cannot be started/);
  });

  it('of kind any needs one, and does not wait for a member that hangs', async () => {
    // Were it waited for, the probe would take the minute that the timeout is.
    const verdict = await probe(
      'any',
      { of: { slow: hung, script: well, bad: sick } },
      { timeoutMs: 60_000 },
    );
    assert.deepEqual(verdict, { kind: 'healthy', detail: '1 of 3 healthy' });
    assert.equal((await probe('any', { of: { bad: sick, unseen: blind } })).kind, 'unknown');
  });

  it('of kind atLeast needs as many as it says', async () => {
    const of = { one: well, two: well, three: sick };
    assert.equal((await probe('atLeast', { need: 2, of })).kind, 'healthy');
    assert.deepEqual(await probe('atLeast', { need: 3, of }), {
      kind: 'unhealthy',
      reason: 'three: sh exited 1: sick',
    });
    const verdict = await probe('atLeast', { need: 2, of: { one: well, two: sick, three: sick } });
    assert.match(reasonOf(verdict), /^1 of 3 healthy, 2 needed: two: .*; three: /);
  });

  it('counts a member that does not answer in time as unhealthy, and says so before its own time is up', async () => {
    const signal = new AbortController().signal;
    const options = checkOf('all').options.parse({ of: { one: well, slow: hung } });
    // Nobody aborts: the verdict comes by the composite's own reckoning of its time.
    const verdict = await checkOf('all').probe?.(options, { ...contextOf(), signal, timeoutMs: 400 });
    assert.deepEqual(verdict, { kind: 'unhealthy', reason: 'slow: sleep did not end within 360 ms' });
  });

  it('lets a member that could not ask keep a hung one from being all that counts', async () => {
    const signal = new AbortController().signal;
    const options = checkOf('any').options.parse({ of: { unseen: blind, slow: hung } });
    const verdict = await checkOf('any').probe?.(options, { ...contextOf(), signal, timeoutMs: 300 });
    assert.equal(verdict?.kind, 'unknown');
  });

  it('may hold composites', async () => {
    const pair = { kind: 'any', of: { a: sick, b: well } };
    assert.equal((await probe('all', { of: { pair, web: { kind: 'http', port } } })).kind, 'healthy');
    const verdict = await probe('all', { of: { pair: { kind: 'all', of: { a: sick, b: well } } } });
    assert.equal(reasonOf(verdict), 'pair: a: sh exited 1: sick');
  });

  it('is unhealthy at once when the member to blame is', async () => {
    const setting = { serviceAddresses: ['203.0.113.53'] };
    const verdict = await probe('all', { of: { here: { kind: 'address' }, script: well } }, setting);
    assert.deepEqual(verdict, {
      kind: 'unhealthy',
      reason: 'here: not on lo: 203.0.113.53',
      immediate: true,
    });
  });

  it('is asked of a peer through its members, and is unknown where one cannot be', async () => {
    const peer = { pop: 'nyc', managementAddresses: addressesOf(['127.83.0.9']) };
    const upstream = { kind: 'upstream', questions: [{ name: 'probe.test.' }] };
    const options = checkOf('all').options.parse({ of: { outside: upstream, script: well } });
    const verdict = await checkOf('all').probePeer?.(
      options,
      peer,
      contextOf({ servicePort: 9, timeoutMs: 300 }),
    );
    assert.equal(verdict?.kind, 'unknown');
    const reason = verdict ? reasonOf(verdict) : '';
    assert.match(reason, /outside: udp 127\.83\.0\.9/);
    assert.match(reason, /script: the check 'exec' cannot be asked of another PoP/);
  });
});
