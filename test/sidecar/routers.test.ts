/** The routers a sidecar can run, and how their logs are read. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { routeDrivers } from '../../src/routing/drivers.ts';
import { routerOf, routers } from '../../src/sidecar/routers.ts';

suite('routers', () => {
  test('each is the counterpart of a route driver', () => {
    const drivers = routeDrivers.map(({ kind }) => kind);
    for (const { kind } of routers) assert(drivers.includes(kind), kind);
  });

  test('a driver without a router is refused with the names of those that have one', () => {
    assert.throws(() => routerOf('memory'), { code: 'usage', hint: /bird/ });
  });

  test("BIRD's message classes become log levels", () => {
    const { readLogLine } = routerOf('bird');
    const line = (name: string) => `2026-01-02 03:04:05.678 <${name}> isp_eu_v4: words`;
    const read = Object.fromEntries(
      ['TRACE', 'INFO', 'RMT', 'ERR', 'NEW'].map(name => [name, readLogLine(line(name)).level]),
    );
    assert.deepEqual(read, { TRACE: 'debug', INFO: 'info', RMT: 'warn', ERR: 'error', NEW: 'info' });
    assert.equal(readLogLine(line('INFO')).message, 'isp_eu_v4: words');
    assert.deepEqual(readLogLine('bird: something early'), { level: 'info', message: 'something early' });
  });

  test("GoBGP's JSON lines become level and message, and what is no JSON stays as it is", () => {
    const { readLogLine } = routerOf('gobgp');
    const line = (level: string) =>
      `{"Key":"198.18.1.5","Topic":"Peer","level":"${level}","msg":"Peer Down","time":"2026-01-02T03:04:05Z"}`;
    const read = Object.fromEntries(
      ['debug', 'info', 'warning', 'error', 'fatal', 'new'].map(name => [
        name,
        readLogLine(line(name)).level,
      ]),
    );
    assert.deepEqual(read, {
      debug: 'debug',
      info: 'info',
      warning: 'warn',
      error: 'error',
      fatal: 'error',
      new: 'info',
    });
    assert.equal(readLogLine(line('info')).message, 'Peer Down Key=198.18.1.5 Topic=Peer');
    for (const odd of ['goroutine 1 [running]:', '{"level', 'null', '7'])
      assert.deepEqual(readLogLine(odd), { level: 'info', message: odd });
  });

  test('a route that the import policy refuses is no warning', () => {
    const text = 'No matching path for withdraw found, may be path was not installed into table';
    const line = JSON.stringify({ level: 'warning', msg: text });
    assert.equal(routerOf('gobgp').readLogLine(line).level, 'debug');
  });
});
