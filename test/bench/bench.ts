/**
 * Measurements, apart from the tests because a figure is no verdict: npm run bench -- NAME [options].
 *
 *   drills [--runs N] [--runtime netns|docker] [--json FILE] [NAME[@POP] ...]   drills N times: what clients lost, where time went
 */
import { parseArgs } from 'node:util';
import { benchDrills } from './drills.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
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
} else {
  process.stderr.write(`there is no measurement '${name ?? ''}'; known: drills\n`);
  process.exitCode = 64;
}
