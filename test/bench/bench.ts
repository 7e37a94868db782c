/**
 * Measurements, apart from the tests because a figure is no verdict: npm run bench -- NAME [options].
 *
 *   drills [--runs N] [--runtime netns|docker] [--json FILE] [NAME[@POP] ...]   drills N times: what clients lost, where time went
 *   healthcheckers [--rounds N] [--rate N] [--json FILE]                         the kit beside ExaBGP's healthcheck, in one lab
 *   cold [--rounds N] [--json FILE]                                              answers that no cache has, beside Unbound
 *   cached [--rounds N] [--quick] [--only NAME,...] [--json FILE]                answers from a cache, beside five others and two bare echoes
 *   overload [--threads N] [--json FILE]                                         twice the queries that can be answered; exit code 1 when those suffer who must not
 *   soak [--duration 30m] [--json FILE]                                          good, bad and hostile clients at once; exit code 1 when it gives way
 */
import { parseArgs } from 'node:util';
import { benchCached } from './cached.ts';
import { benchCold } from './cold.ts';
import { benchDrills } from './drills.ts';
import { benchHealthcheckers } from './healthcheckers.ts';
import { benchOverload } from './overload.ts';
import { benchSoak } from './soak.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    duration: { type: 'string', default: '30m' },
    rate: { type: 'string', default: '500' },
    rounds: { type: 'string' },
    runs: { type: 'string', default: '5' },
    runtime: { type: 'string', default: 'netns' },
    json: { type: 'string' },
    only: { type: 'string' },
    threads: { type: 'string', default: '0' },
    quick: { type: 'boolean', default: false },
  },
});

const [name, ...names] = positionals;
if (name === 'drills') {
  const { runs, runtime, json } = values;
  process.exitCode = await benchDrills({
    runs: Number(runs),
    runtime,
    names,
    ...(json !== undefined && { json }),
  });
} else if (name === 'healthcheckers') {
  const { rounds = '5', rate, json } = values;
  process.exitCode = await benchHealthcheckers({
    rounds: Number(rounds),
    rate: Number(rate),
    ...(json !== undefined && { json }),
  });
} else if (name === 'cold') {
  const { rounds = '5', json } = values;
  process.exitCode = await benchCold({ rounds: Number(rounds), ...(json !== undefined && { json }) });
} else if (name === 'cached') {
  const { quick, rounds = quick ? '1' : '3', only, json } = values;
  process.exitCode = await benchCached({
    rounds: Number(rounds),
    isQuick: quick,
    ...(only !== undefined && { only: only.split(',') }),
    ...(json !== undefined && { json }),
  });
} else if (name === 'overload') {
  const { threads, json } = values;
  process.exitCode = await benchOverload({ threads: Number(threads), ...(json !== undefined && { json }) });
} else if (name === 'soak') {
  const { duration, json } = values;
  process.exitCode = await benchSoak({ duration, ...(json !== undefined && { json }) });
} else {
  process.stderr.write(
    `there is no measurement '${name ?? ''}'; known: drills, healthcheckers, cold, cached, overload, soak\n`,
  );
  process.exitCode = 64;
}
