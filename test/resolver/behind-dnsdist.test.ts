import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox, whyNoSandbox } from '../support/sandbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeCertificate } from './certificates.ts';

const resolverAddress = '198.51.100.1';
const dnsdistAddress = '198.51.100.2';
const admitted = '198.18.0.1';
const stranger = '198.20.0.1';

/** The ports of dnsdist, by what it speaks with the resolver. */
const ports = { 'UDP and TCP': 53, DoT: 5301, DoH: 5302 } as const;

function configuration(files: { readonly certificate: string; readonly key: string }): string {
  return `
service: { addresses: [203.0.113.53], asn: 64500 }
resolver:
  accessList: [198.18.0.0/15]
  forward: [{ zone: ., upstreams: [198.51.100.9] }]
  transports:
    tls: { certificate: ${files.certificate}, key: ${files.key} }
    dot: {}
    doh: {}
    proxy: { from: [${dnsdistAddress}/32] }
checks: {}
pops:
  fra:
    management: [${resolverAddress}]
    routerId: 198.51.100.1
    neighbours: [{ name: isp, asn: 64501, sessions: [{ local: 198.51.100.1, remote: 198.51.100.3 }] }]
`;
}

const backends = `
setSecurityPollSuffix('')
setACL({'0.0.0.0/0'})
addLocal('${dnsdistAddress}:${ports['UDP and TCP']}')
addLocal('${dnsdistAddress}:${ports.DoT}')
addLocal('${dnsdistAddress}:${ports.DoH}')
local shared = {
  source = '${dnsdistAddress}', useProxyProtocol = true, validateCertificates = false, subjectName = 'dns.example',
  checkName = 'id.server.', checkType = 'TXT', checkClass = DNSClass.CHAOS, checkInterval = 1
}
local function backend(more)
  for key, value in pairs(shared) do more[key] = value end
  newServer(more)
end
backend({ address = '${resolverAddress}:53' })
backend({ address = '${resolverAddress}:853', tls = 'openssl', pool = 'dot' })
backend({ address = '${resolverAddress}:443', tls = 'openssl', dohPath = '/dns-query', pool = 'doh' })
addAction(DSTPortRule(${ports.DoT}), PoolAction('dot'))
addAction(DSTPortRule(${ports.DoH}), PoolAction('doh'))
`;

const skip = await whyNoSandbox('dnsdist', 'dig', 'openssl');

describe('behind dnsdist with the PROXY protocol', { skip: skip ?? false }, () => {
  const parts = new AsyncDisposableStack();
  let sandbox: Sandbox;
  let says: () => string = () => '';

  before(async () => {
    const folder = parts.use(await temporaryFolder());
    const files = await makeCertificate(folder.path);
    sandbox = parts.use(await openSandbox());
    const config = join(folder.path, 'anycast.yaml');
    const dnsdistConfig = join(folder.path, 'dnsdist.conf');
    await writeFile(config, configuration(files));
    await writeFile(dnsdistConfig, backends);
    await sandbox.exec(['ip', 'netns', 'add', 'fra']);
    await sandbox.exec(['ip', 'link', 'set', 'lo', 'up'], 'fra');
    for (const address of [resolverAddress, dnsdistAddress, admitted, stranger])
      await sandbox.exec(['ip', 'address', 'add', `${address}/32`, 'dev', 'lo'], 'fra');
    const run = [process.execPath, resolve('src/main.ts'), 'resolver'] as const;
    const resolver = sandbox.spawn([...run, '-c', config, '-p', 'fra', '--run-dir', folder.path], 'fra');
    const dnsdist = sandbox.spawn(['dnsdist', '--supervised', '-C', dnsdistConfig], 'fra');
    says = () => [...resolver.output, ...dnsdist.output].join('\n');
    await eventually(async () => assert.match(await ask(53, admitted), /"fra"/), { within: 20_000 });
  });
  after(() => parts.disposeAsync());

  async function ask(port: number, from: string, ...args: readonly string[]): Promise<string> {
    const at = [`@${dnsdistAddress}`, '-p', String(port), '-b', from, '+tries=1', '+time=2'];
    const { stdout } = await sandbox.exec(['dig', ...at, ...args, 'CH', 'TXT', 'id.server'], 'fra');
    return `${stdout}\n${says()}`;
  }

  for (const [spoken, port] of Object.entries(ports)) {
    it(`over ${spoken}, it is the client whom the access list admits or refuses, not dnsdist`, async () => {
      for (const way of ['+notcp', '+tcp']) {
        // dnsdist must have found its backend well.
        await eventually(async () => assert.match(await ask(port, admitted, way), /TXT\s+"fra"/), {
          within: 10_000,
        });
        assert.match(await ask(port, stranger, way), /status: REFUSED/);
      }
    });
  }

  it('refuses the header from anybody else, and needs it from dnsdist', async () => {
    const argv = ['dig', `@${resolverAddress}`, '+tries=1', '+time=1', 'CH', 'TXT', 'id.server'] as const;
    const direct = await sandbox.exec([...argv, '-b', admitted], 'fra');
    assert.match(direct.stdout, /"fra"/);
    const headerless = await sandbox.exec([...argv, '-b', dnsdistAddress], 'fra');
    assert.doesNotMatch(headerless.stdout, /"fra"/);
  });
});
