import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseConfig, popOf } from '../../../src/config/load-config.ts';
import { gobgpProbe } from '../../../src/doctor/routers/gobgp.ts';
import { eventually } from '../../support/eventually.ts';
import { peeringYaml } from '../../support/peering.ts';
import { openSandbox, whyNoSandbox } from '../../support/sandbox.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const skip = (await whyNoSandbox('gobgpd', 'gobgp')) ?? false;

const gobgpd = `
[global.config]
  as = 64500
  router-id = "198.18.1.6"
  port = -1
[[neighbors]]
  [neighbors.config]
    neighbor-address = "198.18.1.5"
    peer-as = 64501
`;

describe('a real GoBGP', { skip }, () => {
  it('says through its socket in the run directory that a session of anycast.yaml is not established', async () => {
    await using folder = await temporaryFolder();
    await using sandbox = await openSandbox();
    const slice = popOf(parseConfig(peeringYaml, 'test', { checks: {}, drivers: ['bird'] }), 'fra');
    const socket = gobgpProbe.controlSocket(folder.path);
    const config = join(folder.path, 'gobgpd.toml');
    await writeFile(config, gobgpd);
    await mkdir(join(folder.path, 'gobgp'));
    await sandbox.exec(['ip', 'netns', 'add', 'pop']);
    sandbox.spawn(['gobgpd', '-f', config, '--api-hosts', `unix://${socket}`], 'pop');
    const { sessions } = await eventually(
      async () => {
        const seen = await gobgpProbe.look(slice, folder.path, AbortSignal.timeout(10_000));
        assert.equal(seen.sessions.length, 1);
        return seen;
      },
      { within: 15_000 },
    );
    const [session] = sessions;
    assert.deepEqual(
      { neighbour: session?.neighbour, family: session?.family, isEstablished: session?.isEstablished },
      { neighbour: 'isp-eu', family: 4, isEstablished: false },
    );
  });
});
