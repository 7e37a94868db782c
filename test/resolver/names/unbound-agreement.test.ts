import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openNsd } from '../nsd.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { type Dug, openTestResolver, type TestResolver } from '../test-resolver.ts';
import { type FilterFolder, filterFolder, policyZone } from './filters/filter-folder.ts';
import { openUnbound } from './unbound.ts';

const zone = `$ORIGIN example.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 198.51.100.53
www A 198.51.100.1
near A 198.51.100.77
both A 198.51.100.2
both AAAA 2001:db8:5::2
six AAAA 2001:db8:5::6
mapped AAAA ::ffff:198.51.100.9
mapped A 198.51.100.9
text TXT "no addresses"
alias CNAME www
outside CNAME tracker
tracker A 203.0.113.9
two CNAME alias
*.wild A 198.51.100.4
garden A 192.0.2.80
bad A 198.51.100.10
a.bad A 198.51.100.11
ok.bad A 198.51.100.12
nodata A 198.51.100.13
`;

const policies = policyZone(
  'bad.example CNAME .',
  '*.bad.example CNAME .',
  'ok.bad.example CNAME rpz-passthru.',
  'nodata.example CNAME *.',
  'tracker.example CNAME .',
  'data.example A 192.0.2.1',
  'data.example A 192.0.2.2',
  'data.example TXT "told by policy"',
  'led.example CNAME garden.example.',
  '*.wild.example A 192.0.2.4',
  'tcp.example CNAME rpz-tcp-only.',
  '24.0.100.51.198.rpz-ip CNAME *.',
  '32.1.100.51.198.rpz-ip CNAME rpz-passthru.',
  '32.2.100.51.198.rpz-ip CNAME .',
  '48.zz.5.db8.2001.rpz-ip CNAME .',
);

describe('the names policies and Unbound, over the same NSD', () => {
  const parts = new AsyncDisposableStack();
  let deployment: TestDeployment;
  let folder: FilterFolder;

  before(async () => {
    folder = parts.use(await filterFolder({ 'rpz.example': policies }));
    deployment = testDeployment();
    parts.use(
      await openNsd({
        address: deployment.upstreams[0],
        port: deployment.upstreamPort,
        zones: { 'example.': zone },
      }),
    );
  });
  after(() => parts.disposeAsync());

  /** What both say to the same question. */
  async function said(resolver: TestResolver, ours: TestDeployment, args: readonly string[]) {
    const own = await resolver.dig('-p', String(ours.port), ...args);
    const peer = await resolver.dig(`@${deployment.upstreams[1]}`, '-p', String(deployment.port), ...args);
    return { own, peer };
  }

  function verdict({ status, flags, answers }: Dug) {
    const records = answers.map(line => line.replace(/ \d+ IN /, ' IN ')).sort();
    return { status, isTruncated: flags.includes('tc'), records };
  }

  /** With what shows that it is of a zone of its own. What policies make has neither here; Unbound has AA there too. */
  function ownVerdict(dug: Dug) {
    const denials = dug.authorities.map(line => line.split(' SOA ')[0]);
    return { ...verdict(dug), isAuthoritative: dug.flags.includes('aa'), denials };
  }

  /** Ours with these keys of `names`, at addresses of its own, over the NSD of all. */
  async function openOwn(names: string) {
    const own = testDeployment({ resolver: [`names: { ${names} }`] });
    const forward = own.slice.config.resolver.forward.map(entry => ({
      ...entry,
      upstreams: deployment.slice.config.resolver.forward[0]?.upstreams ?? [],
    }));
    const config = { ...own.slice.config, resolver: { ...own.slice.config.resolver, forward } };
    const moved = { ...own, slice: { ...own.slice, config }, upstreamPort: deployment.upstreamPort };
    return { deployment: moved, resolver: await openTestResolver(moved) };
  }

  it('agree on a policy zone', async () => {
    await using _unbound = await openUnbound({
      address: deployment.upstreams[1],
      port: deployment.port,
      upstream: { address: deployment.upstreams[0], port: deployment.upstreamPort },
      modules: 'respip iterator',
      clauses: ['rpz:', 'name: "rpz.example."', `zonefile: "${folder.path('rpz.example')}"`],
    });
    const own = await openOwn(folder.rpz('rpz.example'));
    await using resolver = own.resolver;
    for (const args of [
      ['www.example'],
      ['near.example'],
      ['both.example'],
      ['both.example', 'AAAA'],
      ['six.example', 'AAAA'],
      ['text.example', 'TXT'],
      ['none.example'],
      ['alias.example'],
      ['two.example'],
      ['outside.example'],
      ['led.example'],
      ['led.example', 'CNAME'],
      ['led.example', 'AAAA'],
      ['bad.example'],
      ['BAD.example', 'TXT'],
      ['a.bad.example'],
      ['x.y.bad.example', 'MX'],
      ['ok.bad.example'],
      ['nodata.example'],
      ['nodata.example', 'AAAA'],
      ['data.example'],
      ['data.example', 'TXT'],
      ['data.example', 'AAAA'],
      ['a.wild.example'],
      ['a.wild.example', 'AAAA'],
      ['wild.example'],
      ['tcp.example', '+ignore'],
      ['tcp.example', '+tcp'],
      ['bad\\.example.example'],
      ['xbad.example'],
    ]) {
      const dug = await said(resolver, own.deployment, args);
      assert.deepEqual(verdict(dug.own), verdict(dug.peer), args.join(' '));
    }
  });

  it('agree on DNS64', async () => {
    await using _unbound = await openUnbound({
      address: deployment.upstreams[1],
      port: deployment.port,
      upstream: { address: deployment.upstreams[0], port: deployment.upstreamPort },
      modules: 'dns64 iterator',
      server: ['dns64-prefix: 2001:db8:64::/96', 'local-zone: "100.51.198.in-addr.arpa" nodefault'],
    });
    const own = await openOwn('dns64: { prefix: "2001:db8:64::/96" }');
    await using resolver = own.resolver;
    for (const args of [
      ['www.example', 'AAAA'],
      ['WWW.example', 'AAAA'],
      ['www.example', 'A'],
      ['both.example', 'AAAA'],
      ['six.example', 'AAAA'],
      ['text.example', 'AAAA'],
      ['none.example', 'AAAA'],
      ['alias.example', 'AAAA'],
      ['two.example', 'AAAA'],
      ['a.wild.example', 'AAAA'],
      ['www.example', 'AAAA', '+dnssec'],
    ]) {
      const dug = await said(resolver, own.deployment, args);
      assert.deepEqual(verdict(dug.own), verdict(dug.peer), args.join(' '));
    }
  });

  it('agree on special-use names and locally served zones, AA and the owner of the denial included', async () => {
    await using _unbound = await openUnbound({
      address: deployment.upstreams[1],
      port: deployment.port,
      upstream: { address: deployment.upstreams[0], port: deployment.upstreamPort },
      modules: 'iterator',
    });
    const own = await openOwn('');
    await using resolver = own.resolver;
    for (const args of [
      ['localhost'],
      ['localhost', 'AAAA'],
      ['a.b.localhost'],
      ['localhost', 'MX'],
      ['test'],
      ['a.test'],
      ['a.invalid'],
      ['a.onion'],
      ['a.home.arpa'],
      ['10.in-addr.arpa', 'PTR'],
      ['-x', '10.0.0.1'],
      ['-x', '172.31.255.255'],
      ['-x', '100.127.0.1'],
      ['-x', '127.0.0.1'],
      ['-x', '127.0.0.2'],
      ['0.0.127.in-addr.arpa', 'PTR'],
      ['-x', '::1'],
      ['-x', 'fd00::1'],
      ['-x', 'febf::1'],
    ]) {
      const dug = await said(resolver, own.deployment, args);
      assert.deepEqual(ownVerdict(dug.own), ownVerdict(dug.peer), args.join(' '));
      assert.ok(dug.own.flags.includes('aa'), args.join(' '));
    }
  });
});
