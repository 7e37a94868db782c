import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rename, stat } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { DnstapConfig } from '../../../src/config/resolver/dnstap.ts';
import { encodeMessage } from '../../../src/dns/message.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { createCounters } from '../../../src/resolver/counters.ts';
import { Dnstap } from '../../../src/resolver/dnstap/dnstap.ts';
import { ControlFrames, controlFrame, controlTypes } from '../../../src/resolver/dnstap/frame-stream.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { run, runOrThrow } from '../../../src/system/run.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { edns, query } from '../messages.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { askTcp, askUdp, openTestResolver } from '../test-resolver.ts';

const local = { text: '2001:db8:53::53', family: 6, kind: 'service' } as const;

function open(config: Partial<DnstapConfig>) {
  const counters = createCounters().dnstap;
  const log = createLog('resolver', 'fra', 'silent');
  const given = { queries: true, responses: true, resolver: false, sampleEvery: 1, ...config };
  return { counters, tap: new Dnstap(given, { clock: systemClock, log, counters, port: 53, pop: 'fra' }) };
}

/** What `dnstap-read` prints, a line a message. Absent where the program is. */
async function read(path: string): Promise<string[]> {
  const text = await runOrThrow(['dnstap-read', path]);
  return text.split('\n').filter(line => line !== '');
}

const hasReader = (await run(['which', 'dnstap-read'])).exitCode === 0;
const hasCapture = (await run(['which', 'fstrm_capture'])).exitCode === 0;
const noReader = hasReader ? false : 'dnstap-read is not installed (bind9-dnsutils)';
const noCapture = hasReader && hasCapture ? false : 'fstrm_capture (fstrm-bin) and dnstap-read are needed';

async function askAll({ service, port }: TestDeployment): Promise<void> {
  const octets = encodeMessage(query('id.server.', 'TXT', { edns: edns() }));
  await askUdp(octets, { address: service, port });
  await askTcp([octets], { address: service, port });
}

describe('dnstap of a resolver', () => {
  it('is a file that dnstap-read reads: both ends, transport, name and latency of each message', {
    skip: noReader,
  }, async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'queries.tap');
    const deployment = testDeployment({ resolver: [`dnstap: { file: ${path}, identity: lab-fra }`] });
    {
      await using _resolver = await openTestResolver(deployment);
      await askAll(deployment);
    }
    const lines = await read(path);
    assert.deepEqual(
      lines.map(line => / (CQ|CR) /.exec(line)?.[1]),
      ['CQ', 'CR', 'CQ', 'CR'],
    );
    for (const [index, line] of lines.entries()) {
      assert.ok(line.includes(`${deployment.service}:${deployment.port}`), line);
      assert.match(line, index < 2 ? / UDP \d+b / : / TCP \d+b /);
      assert.match(line, /id\.server\/IN\/TXT$/);
    }
    const yaml = await runOrThrow(['dnstap-read', '-y', path]);
    assert.match(yaml, /identity: lab-fra/);
    assert.match(yaml, /status: REFUSED|status: NOERROR|status: SERVFAIL/);
    const times = [...yaml.matchAll(/(?:query|response)_time: !!timestamp ([\d:TZ. -]+)/g)].map(
      ([, at = '']) => Date.parse(at.replace(' ', 'T').replace(/Z?$/, 'Z')),
    );
    assert.equal(times.length, 4);
    for (const at of times) assert.ok(Math.abs(at - Date.now()) < 60_000, String(at));
  });

  it('is read over its socket by fstrm_capture, after that has come late and gone once', {
    skip: noCapture,
  }, async () => {
    await using folder = await temporaryFolder();
    const socket = join(folder.path, 'tap.sock');
    const deployment = testDeployment({ resolver: [`dnstap: { socket: ${socket} }`] });
    await using resolver = await openTestResolver(deployment);
    const metrics = async (): Promise<string> => {
      const { resolverPort } = deployment.slice.config.telemetry;
      return await (await fetch(`http://${deployment.management}:${resolverPort}/metrics`)).text();
    };
    for (const part of [1, 2]) {
      const path = join(folder.path, `captured-${part}.tap`);
      const args = ['-t', 'protobuf:dnstap.Dnstap', '-u', socket, '-w', path];
      const capture = spawn('fstrm_capture', args, { stdio: 'ignore' });
      try {
        const opened = new RegExp(`^anycast_resolver_dnstap_opens_total ${part}$`, 'm');
        await eventually(async () => assert.match(await metrics(), opened), { within: 20_000 });
        await askAll(deployment);
        const written = new RegExp(`outcome="written"\\} ${4 * part}$`, 'm');
        await eventually(async () => assert.match(await metrics(), written));
      } finally {
        capture.kill('SIGTERM');
        await once(capture, 'exit');
      }
      assert.equal((await read(path)).length, 4);
    }
    assert.equal(resolver.running.status.state, 'serving');
  });
});

describe('dnstap', () => {
  const octets = encodeMessage(query('www.test.'));
  const client = { transport: 'udp', address: 'fe80::1%eth0', port: 4000, local } as const;

  it('drops and counts what a reader that stands still leaves no room for, and keeps what it kept bounded', async () => {
    await using folder = await temporaryFolder();
    const socket = join(folder.path, 'tap.sock');
    const readers: Socket[] = [];
    const server = createServer(reader => {
      readers.push(reader);
      const frames = new ControlFrames();
      reader.on('error', () => reader.destroy());
      reader.on('data', chunk => {
        if (frames.add(chunk.subarray(0, 42)).includes(controlTypes.ready))
          reader.write(controlFrame(controlTypes.accept));
        // From here on nothing is read.
        reader.pause();
      });
    });
    server.listen(socket);
    await once(server, 'listening');
    const { counters, tap } = open({ socket });
    await eventually(() => assert.equal(counters.connects, 1));
    const large = new Uint8Array(60_000);
    for (let sent = 0; sent < 200; sent += 1) {
      tap.query(large, client, systemClock.monotonicMs());
      if (sent % 10 === 0) await new Promise(resolve => setImmediate(resolve));
    }
    // 12 MB offered; what is not dropped is in our 2 MiB, or in the kernel's buffer.
    assert.ok(counters.dropped > 100, JSON.stringify(counters));
    assert.ok(counters.dropped < 200, JSON.stringify(counters));
    await tap[Symbol.asyncDispose]();
    assert.equal(counters.written + counters.dropped, 200);
    for (const reader of readers) reader.destroy();
    await new Promise(resolve => server.close(resolve));
  });

  it('makes a file that was moved away anew on reopen, and leaves one in its place alone', {
    skip: noReader,
  }, async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'queries.tap');
    const { counters, tap } = open({ file });
    await eventually(() => assert.equal(counters.connects, 1));
    tap.query(octets, client, systemClock.monotonicMs());
    await eventually(() => assert.equal(counters.written, 1));
    tap.reopen();
    await rename(file, join(folder.path, 'moved.tap'));
    tap.reopen();
    await eventually(() => assert.equal(counters.connects, 2));
    tap.query(octets, client, systemClock.monotonicMs());
    tap.reply(octets, octets, client, systemClock.monotonicMs());
    await tap[Symbol.asyncDispose]();
    assert.equal((await read(join(folder.path, 'moved.tap'))).length, 1);
    assert.equal((await read(file)).length, 2);
    // And what an earlier process has left is kept.
    const again = open({ file });
    await eventually(() => assert.equal(again.counters.connects, 1));
    await again.tap[Symbol.asyncDispose]();
    assert.equal((await readdir(folder.path)).length, 3);
    assert.ok((await stat(file)).size < 100);
  });

  it('tells one in so many, and of those it tells both query and response', { skip: noReader }, async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'sampled.tap');
    const { counters, tap } = open({ file, sampleEvery: 4 });
    await eventually(() => assert.equal(counters.connects, 1));
    for (let id = 0; id < 400; id += 1) {
      const one = encodeMessage(query('www.test.', 'A', { id }));
      tap.query(one, client, systemClock.monotonicMs());
      tap.reply(one, one, client, systemClock.monotonicMs());
    }
    await tap[Symbol.asyncDispose]();
    const lines = await read(file);
    const kinds = ['CQ', 'CR'].map(kind => lines.filter(line => line.includes(` ${kind} `)).length);
    assert.deepEqual(kinds, [100, 100]);
  });

  it('has a hook for our own queries only where they are asked for', { skip: noReader }, async () => {
    await using folder = await temporaryFolder();
    const without = open({ file: join(folder.path, 'without.tap') });
    assert.equal(without.tap.upstream, undefined);
    await without.tap[Symbol.asyncDispose]();
    const file = join(folder.path, 'with.tap');
    const { counters, tap } = open({ file, resolver: true, sampleEvery: 2 });
    await eventually(() => assert.equal(counters.connects, 1));
    const [address, source] = [parseIpAddress('198.18.7.6'), parseIpAddress('198.18.1.6')];
    assert.ok(address && source);
    const to = { address, port: 53, source, zone: undefined } as const;
    for (const transport of ['udp', 'tcp'] as const) {
      const wire = tap.upstream?.begin('resolver', { ...to, transport });
      wire?.sent(octets, 4000);
      wire?.received(octets);
    }
    await tap[Symbol.asyncDispose]();
    assert.match(
      (await read(file)).join('\n'),
      /^.* RQ 198\.18\.1\.6:4000 -> 198\.18\.7\.6:53 TCP .*\n.* RR 198\.18\.1\.6:4000 <- .*$/,
      'the second of the two exchanges, and both of its messages',
    );
  });
});
