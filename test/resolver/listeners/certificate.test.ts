import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Certificate } from '../../../src/resolver/listeners/certificate.ts';
import { framed } from '../../../src/resolver/message-framing.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { Fault } from '../../../src/system/fault.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { makeCertificate } from '../certificates.ts';
import { connectSecure, openListener } from './stream-listeners.ts';

const log = createLog('resolver', 'fra', 'silent');

describe('the certificate', () => {
  async function fingerprint(path: string): Promise<string> {
    return new X509Certificate(await readFile(path)).fingerprint256;
  }

  async function opened(options: Parameters<typeof makeCertificate>[2] = {}) {
    await using parts = new AsyncDisposableStack();
    const folder = parts.use(await temporaryFolder());
    const files = await makeCertificate(folder.path, 'tls', options);
    const clock = { ...fakeClock(), wallMs: () => wall.ms };
    const wall = { ms: Date.now() };
    const certificate = parts.use(await Certificate.open(files, { clock, log }));
    const moved = parts.move();
    return {
      certificate,
      clock,
      wall,
      files,
      folder: folder.path,
      [Symbol.asyncDispose]: () => moved.disposeAsync(),
    };
  }

  it('is a reason not to start when it is absent, or of another key, and the fault says which', async () => {
    await using folder = await temporaryFolder();
    const files = await makeCertificate(folder.path);
    const other = await makeCertificate(folder.path, 'other');
    for (const wrong of [
      { ...files, key: other.key },
      { ...files, certificate: join(folder.path, 'absent.pem') },
      { ...files, key: files.certificate },
    ]) {
      await assert.rejects(Certificate.open(wrong, { clock: systemClock, log }), error => {
        assert.ok(error instanceof Fault);
        assert.equal(error.code, 'environment');
        assert.ok(error.message.includes(wrong.certificate));
        return true;
      });
    }
  });

  it('says for whom it is and how many days are left', async () => {
    await using made = await opened({ days: 10 });
    const { status } = made.certificate;
    assert.equal(status.subject, 'CN=dns.example');
    assert.equal(status.names, 'DNS:dns.example, IP Address:127.0.0.1');
    assert.equal(status.daysLeft, 9);
    assert.equal(status.fingerprint256, await fingerprint(made.files.certificate));
    assert.equal(status.error, null);
  });

  it('is replaced for handshakes to come, while connections go on', async () => {
    await using dot = await openListener('dot', (octets, _client, answer) => answer(octets));
    const shown = (socket: TLSSocket): string | undefined => socket.getPeerX509Certificate()?.fingerprint256;
    const before = await connectSecure(dot);
    const first = shown(before);
    await makeCertificate(dot.folder, 'tls', { commonName: 'new.example' });
    const status = await dot.certificate?.reload();
    assert.deepEqual([status?.error, status?.reloads, status?.subject], [null, 1, 'CN=new.example']);
    const after = await connectSecure(dot);
    assert.equal(shown(after), status?.fingerprint256);
    assert.notEqual(shown(after), first);
    before.write(framed(Buffer.from('still here')));
    const [answer] = await once(before, 'data');
    assert.equal(String(answer).slice(2), 'still here');
    before.destroy();
    after.destroy();
  });

  it('stays when the new one cannot be used, and says why until one can', async () => {
    await using made = await opened();
    const { certificate, files, folder } = made;
    const good = await fingerprint(files.certificate);
    const other = await makeCertificate(folder, 'other');
    const expired = await makeCertificate(folder, 'expired', { days: 1 });
    const fails = async (failures: number, message: RegExp): Promise<void> => {
      const status = await certificate.reload();
      assert.equal(status.fingerprint256, good);
      assert.equal(status.failures, failures);
      assert.match(status.error ?? '', message);
    };
    await writeFile(files.certificate, 'no certificate at all');
    await fails(1, /./);
    await writeFile(files.certificate, await readFile(other.certificate));
    await fails(2, /key values mismatch/);
    await rm(files.certificate);
    await fails(3, /ENOENT/);
    await writeFile(files.certificate, await readFile(expired.certificate));
    await writeFile(files.key, await readFile(expired.key));
    made.wall.ms += 2 * 86_400_000;
    await fails(4, /expired/);
    await writeFile(files.certificate, await readFile(other.certificate));
    await writeFile(files.key, await readFile(other.key));
    const status = await certificate.reload();
    assert.deepEqual(
      [status.error, status.reloads, status.failures, status.fingerprint256],
      [null, 1, 4, await fingerprint(other.certificate)],
    );
  });

  it('is looked at every ten seconds, and taken when its files have changed, by whatever means', async () => {
    await using made = await opened();
    const { certificate, clock, files, folder } = made;
    const next = await makeCertificate(folder, 'next');
    await rename(next.key, files.key);
    // As a client of ACME may do it: between the two, they do not belong together.
    await clock.advance(10_000);
    await eventually(() => assert.equal(certificate.status.failures, 1));
    await rename(next.certificate, files.certificate);
    const status = await eventually(async () => {
      await clock.advance(10_000);
      assert.equal(certificate.status.reloads, 1);
      return certificate.status;
    });
    assert.equal(status.error, null);
    assert.equal(status.fingerprint256, await fingerprint(files.certificate));
  });

  it('has new keys for its tickets twice a day', async () => {
    await using made = await opened();
    const { certificate, clock } = made;
    const seen: Buffer[] = [certificate.credentials.ticketKeys];
    using _watch = certificate.onChange(({ ticketKeys }) => seen.push(ticketKeys));
    await clock.advance(11 * 3_600_000);
    assert.equal(seen.length, 1);
    await clock.advance(3_600_000);
    await eventually(async () => {
      await clock.advance(10_000);
      assert.equal(seen.length, 2);
    });
    assert.notDeepEqual(seen[0], seen[1]);
    assert.equal(certificate.status.reloads, 0);
  });

  it('whose key cannot be read any more stays', {
    skip: process.getuid?.() === 0 && 'root reads all',
  }, async () => {
    await using made = await opened();
    await chmod(made.files.key, 0);
    const { error, failures } = await made.certificate.reload();
    assert.match(error ?? '', /EACCES/);
    assert.equal(failures, 1);
  });
});
