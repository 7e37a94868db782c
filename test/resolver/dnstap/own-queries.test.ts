import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { PopSlice } from '../../../src/config/anycast-config.ts';
import { dnstapSchema } from '../../../src/config/resolver/dnstap.ts';
import { run, runOrThrow } from '../../../src/system/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openUniverse, type ServedZone, serve } from '../iterator/universe.ts';
import { a } from '../messages.ts';
import { openUpstream, replyTo, type UpstreamCall } from '../scripted-upstream.ts';
import { testDeployment } from '../test-deployment.ts';
import { openTestResolver } from '../test-resolver.ts';

const hasReader = (await run(['which', 'dnstap-read'])).exitCode === 0;
const skip = hasReader ? false : 'dnstap-read is not installed (bind9-dnsutils)';

/** Of each message its kind, the ends but our port, transport, and what it is about. */
async function told(path: string): Promise<string[]> {
  const text = await runOrThrow(['dnstap-read', path]);
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [, kind, source, server, transport, question] =
        / ([A-Z]{2}) ([\d.]+):\d+ (?:->|<-) ([\d.]+):\d+ (\w+) \d+b (\S+)/.exec(line) ?? [];
      return `${kind} ${source} ${server} ${transport} ${question?.toLowerCase()}`;
    });
}

const small: ServedZone = {
  origin: 'test.',
  records: [a('www.test.', '192.0.2.1')],
};

/** Has more to say than goes into a datagram. */
const truncating = ({ query, transport, send }: UpstreamCall): void => {
  const whole = serve(small, query);
  send(transport === 'tcp' ? whole : { ...whole, flags: { ...whole.flags, tc: true }, answers: [] });
};

describe('dnstap of our own queries', { skip }, () => {
  it('tells what each server is asked from the root down and what it says, over UDP and TCP', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'own.tap');
    let source = '';
    let addresses: string[] = [];
    {
      await using universe = await openUniverse({
        servers: at => {
          addresses = [at(10), at(11)];
          const delegation = { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] };
          return { 10: { origin: '.', records: [], delegations: { 'test.': delegation } }, 11: truncating };
        },
        resolver: [`dnstap: { file: ${file}, queries: false, responses: false, resolver: true }`],
        recursion: ['qnameMinimisation: false'],
      });
      assert.equal((await universe.dig('www.test.')).status, 'NOERROR');
      source = universe.deployment.management;
    }
    const [root, child] = addresses;
    assert.deepEqual(await told(file), [
      `RQ ${source} ${root} UDP www.test/in/a`,
      `RR ${source} ${root} UDP www.test/in/a`,
      `RQ ${source} ${child} UDP www.test/in/a`,
      `RR ${source} ${child} UDP www.test/in/a`,
      `RQ ${source} ${child} TCP www.test/in/a`,
      `RR ${source} ${child} TCP www.test/in/a`,
    ]);
    // dnstap-read does not show the zone: field 11 of `Message`, of 6 octets.
    const zone = '\x5a\x06\x04test\x00';
    assert.equal((await readFile(file)).toString('latin1').split(zone).length - 1, 4);
    const text = await runOrThrow(['dnstap-read', file]);
    assert.equal(text.match(/ UDP /g)?.length, 4);
    assert.doesNotMatch(text, /:0 (->|<-) .* UDP /);
  });

  it('tells the case in which a name was sent, and came back', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'case.tap');
    const name = 'the-letters-of-a-long-name-are-in-random-case.test';
    {
      await using universe = await openUniverse({
        servers: () => ({ 10: { origin: '.', records: [a(`${name}.`, '192.0.2.1')] } }),
        resolver: [`dnstap: { file: ${file}, queries: false, responses: false, resolver: true }`],
        recursion: ['qnameMinimisation: false'],
      });
      assert.equal((await universe.dig(name)).status, 'NOERROR');
    }
    const text = await runOrThrow(['dnstap-read', file]);
    const names = [...text.matchAll(/\d+b ([^/]+)\/IN/g)].map(([, asked]) => asked);
    assert.equal(names.length, 2);
    assert.equal(names[0], names[1]);
    assert.notEqual(names[0], name);
  });

  it("tells what upstreams are asked as a forwarder's, from the reload on that wants it", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'forwarded.tap');
    const deployment = testDeployment();
    const { slice, management } = deployment;
    const [address] = deployment.upstreams;
    {
      await using _upstream = await openUpstream(address, deployment.upstreamPort, ({ query, send }) =>
        send(replyTo(query, { answers: [a('any.test.', '192.0.2.1')] })),
      );
      const dnstap = dnstapSchema.parse({ file, queries: false, responses: false, resolver: true });
      const resolver = { ...slice.config.resolver, dnstap };
      const told: PopSlice = { ...slice, config: { ...slice.config, resolver } };
      await using running = await openTestResolver(deployment, {
        readConfig: async () => ({ slice: told, hash: 'told' }),
      });
      await running.dig('one.any.test.');
      await running.running.reload();
      await running.dig('two.any.test.');
    }
    assert.deepEqual(await told(file), [
      `FQ ${management} ${address} UDP two.any.test/in/a`,
      `FR ${management} ${address} UDP two.any.test/in/a`,
    ]);
  });
});
