import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { run } from '../../../src/system/run.ts';
import { openTestResolver } from '../../resolver/test-resolver.ts';
import { dotPort, type TlsDeployment, tlsDeployment } from '../../resolver/tls-deployment.ts';

const kdigFound = (await run(['sh', '-c', 'command -v kdig'])).exitCode === 0;

describe('RFC 8310, clients that know who they ask', { skip: !kdigFound && 'kdig is not installed' }, () => {
  const parts = new AsyncDisposableStack();
  let made: TlsDeployment;
  let authority: string;

  before(async () => {
    made = parts.use(await tlsDeployment());
    parts.use(await openTestResolver(made.deployment));
    authority = `+tls-ca=${made.files.certificate}`;
  });
  after(() => parts.disposeAsync());

  async function ask(...args: readonly string[]): Promise<string> {
    const at = [`@${made.deployment.service}`, '-p', String(dotPort), '+retry=0', '+time=5'];
    return (await run(['kdig', ...at, ...args, 'CH', 'TXT', 'id.server'])).stdout;
  }

  it('section 5, strict: by our name in the certificate, and not by another', async () => {
    assert.match(await ask(authority, '+tls-hostname=dns.example'), /"fra"/);
    assert.doesNotMatch(await ask(authority, '+tls-hostname=other.example'), /"fra"/);
  });

  it('section 5, strict: by authorities that it has, and not by those of the system alone', async () => {
    assert.doesNotMatch(await ask('+tls-ca', '+tls-hostname=dns.example'), /"fra"/);
  });

  it('section 5, opportunistic: without knowing anything', async () => {
    assert.match(await ask('+tls'), /"fra"/);
  });
});
