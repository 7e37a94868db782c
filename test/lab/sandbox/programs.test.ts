import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDeployment } from '../../../src/commands/inputs/deployment.ts';
import { makePlan } from '../../../src/lab/make-plan.ts';
import { assertPrograms } from '../../../src/lab/sandbox/programs.ts';
import { sandboxSettings } from '../../../src/lab/sandbox/settings.ts';
import { threeContinents } from '../../../src/lab/topologies/three-continents.ts';

describe('the programs of a lab', () => {
  it('are named, all of them, where they are not installed', async () => {
    const config = await loadDeployment('anycast.yaml');
    const plan = makePlan(threeContinents, config, await sandboxSettings('anycast.yaml'));
    await assert.rejects(assertPrograms(plan, '/nonexistent'), {
      code: 'environment',
      message: /: unshare, .*\bdig\b.*\bbird\b.*\bnsd\b/,
      hint: /anycast setup/,
    });
  });
});
