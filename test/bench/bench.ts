/**
 * Measurements, apart from the tests because a figure is no verdict: npm run bench -- NAME [options].
 *
 *   drills [--runs N] [--runtime netns|docker] [--json FILE] [NAME[@POP] ...]   drills N times: what clients lost, where time went
 *   healthcheckers [--rounds N] [--rate N] [--json FILE]                         the kit beside ExaBGP's healthcheck, in one lab
 *   cold [--rounds N] [--json FILE]                                              answers that no cache has, beside Unbound
 */
import { parseArgs } from 'node:util';
import { benchCold } from './cold.ts';
import { benchDrills } from './drills.ts';
import { benchHealthcheckers } from './healthcheckers.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '5' },
    runs: { type: 'string', default: '5' },
    runtime: { type: 'string', default: 'netns' },
    json: { type: 'string' },
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
  const { rounds, rate, json } = values;
  process.exitCode = await benchHealthcheckers({
    rounds: Number(rounds),
    rate: Number(rate),
    ...(json !== undefined && { json }),
  });
} else if (name === 'cold') {
  const { rounds, json } = values;
  process.exitCode = await benchCold({ rounds: Number(rounds), ...(json !== undefined && { json }) });
} else {
  process.stderr.write(`there is no measurement '${name ?? ''}'; known: drills, healthcheckers, cold\n`);
  process.exitCode = 64;
}
