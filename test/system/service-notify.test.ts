/** The service manager's side is a real datagram socket, and the sender the real systemd-notify. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/system/clock.ts';
import { onLines } from '../../src/system/lines.ts';
import { programPath } from '../../src/system/program-path.ts';
import { type NotifySettings, serviceNotifier } from '../../src/system/service-notify.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const receiver = join(import.meta.dirname, '../support/datagram-socket.py');
const programs = ['python3', 'systemd-notify'] as const;
const missing: string[] = [];
for (const program of programs) if (!(await programPath(program))) missing.push(program);
const skip = missing.length > 0 && `the programs ${missing.join(', ')} are not installed`;

/** A service manager as far as its socket goes. */
async function manager() {
  const folder = await temporaryFolder();
  const socket = join(folder.path, 'notify');
  const child = spawn('python3', [receiver, socket], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  onLines(child.stdout, line => lines.push(JSON.parse(line)));
  await eventually(() => assert.deepEqual(lines, ['bound']), { within: 20_000 });
  return {
    socket,
    /** Messages up to now, without the barriers that systemd-notify waits by. */
    messages: () => lines.slice(1).filter(line => line !== 'BARRIER=1'),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await once(child, 'exit');
      await folder[Symbol.asyncDispose]();
    },
  };
}

const settings = (env: NotifySettings['env'], more: Partial<NotifySettings> = {}): NotifySettings => ({
  env,
  pid: 4711,
  clock: systemClock,
  stop: new AbortController().signal,
  onTrouble: detail => assert.fail(detail),
  ...more,
});

describe('the service manager', { skip }, () => {
  it('hears that we are ready, then that we are stopping, in this order', async () => {
    await using heard = await manager();
    const stop = new AbortController();
    {
      await using service = serviceNotifier(settings({ NOTIFY_SOCKET: heard.socket }, { stop: stop.signal }));
      service.ready('all is well');
      stop.abort();
    }
    await eventually(() => assert.deepEqual(heard.messages(), ['READY=1\nSTATUS=all is well', 'STOPPING=1']));
  });

  it('hears from us again and again where a watchdog waits, and not before we are ready', async () => {
    await using heard = await manager();
    const env = { NOTIFY_SOCKET: heard.socket, WATCHDOG_USEC: '100000', WATCHDOG_PID: '4711' };
    await using service = serviceNotifier(settings(env));
    assert.deepEqual(heard.messages(), []);
    service.ready('fed');
    await eventually(() => {
      const [first, ...others] = heard.messages();
      assert.equal(first, 'READY=1\nSTATUS=fed');
      assert.ok(others.length >= 3 && others.every(each => each === 'WATCHDOG=1'), String(others));
    });
  });

  it('hears of no watchdog that is meant for another process', async () => {
    await using heard = await manager();
    const env = { NOTIFY_SOCKET: heard.socket, WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' };
    const stop = new AbortController();
    {
      await using service = serviceNotifier(settings(env, { stop: stop.signal }));
      service.ready('unwatched');
      stop.abort();
    }
    await eventually(() => assert.equal(heard.messages().at(-1), 'STOPPING=1'));
    assert.ok(!heard.messages().includes('WATCHDOG=1'));
  });

  it('that cannot be told is a trouble, named once', async () => {
    const troubles: string[] = [];
    const env = { NOTIFY_SOCKET: '/nowhere/notify', WATCHDOG_USEC: '20000' };
    {
      await using service = serviceNotifier(settings(env, { onTrouble: detail => troubles.push(detail) }));
      service.ready('unheard');
      await eventually(() => assert.equal(troubles.length, 1));
      await systemClock.sleep(100);
    }
    assert.match(troubles.join(), /^systemd-notify: .*No such file or directory$/);
  });
});

describe('without a service manager', () => {
  it('nothing is sent and nothing waits', async () => {
    await using service = serviceNotifier(settings({ WATCHDOG_USEC: '1000' }));
    service.ready('alone');
  });

  it('or with one, its variables are not handed on to what we start', async () => {
    const env = { NOTIFY_SOCKET: '/nowhere/notify', WATCHDOG_USEC: '1000', WATCHDOG_PID: '1', PATH: '/bin' };
    await using _service = serviceNotifier(settings(env));
    assert.deepEqual(env as object, { PATH: '/bin' });
  });
});
