import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { parseName } from '../../src/dns/name.ts';
import { extendedErrorOption, extendedErrors } from '../../src/dns/options/extended-error.ts';
import { rcodes } from '../../src/dns/rcode.ts';
import { recordClasses } from '../../src/dns/record-class.ts';
import { recordTypes } from '../../src/dns/record-type.ts';
import { type RunResult, run } from '../../src/system/run.ts';
import { makeCertificate } from '../resolver/certificates.ts';
import { openUpstream, type ScriptedUpstream } from '../resolver/scripted-upstream.ts';
import { openTestResolver } from '../resolver/test-resolver.ts';
import { dohPort, dotPort, type TlsDeployment, tlsDeployment } from '../resolver/tls-deployment.ts';

async function query(...args: string[]): Promise<RunResult> {
  return await run(['./anycast', 'query', ...args], { timeoutMs: 30_000 });
}

describe('anycast query', () => {
  const parts = new AsyncDisposableStack();
  let made: TlsDeployment;
  let whoami: string[];

  before(async () => {
    made = parts.use(await tlsDeployment());
    parts.use(await openTestResolver(made.deployment));
    whoami = ['id.server', 'CH', 'TXT', `@${made.deployment.service}`];
  });
  after(() => parts.disposeAsync());

  for (const transport of ['udp', 'tcp'] as const) {
    it(`prints the answer, the PoP and the server over ${transport}`, async () => {
      const { port, service } = made.deployment;
      const how = transport === 'tcp' ? ['--tcp'] : [];
      const { stdout, exitCode } = await query(...whoami, '--port', String(port), '--nsid', ...how);
      assert.equal(exitCode, 0);
      assert.match(stdout, /^;; NOERROR, id \d+, flags: qr/);
      assert.match(stdout, /^;; NSID: 667261 "fra"$/m);
      assert.match(stdout, /^id\.server\. \d+ CH TXT "fra"$/m);
      assert.match(
        stdout,
        new RegExp(`^;; from ${service} port ${port} over ${transport}, [\\d.]+ ms, \\d+ octets$`, 'm'),
      );
    });
  }

  const encrypted = [
    ['dot', dotPort],
    ['doh', dohPort],
  ] as const;
  for (const [transport, port] of encrypted) {
    const ask = (...args: string[]): Promise<RunResult> =>
      query(...whoami, `--${transport}`, '--port', String(port), ...args);

    it(`is answered over ${transport} by a server whose certificate has the name`, async () => {
      const { stdout, exitCode } = await ask(
        '--tls-name',
        'dns.example',
        '--ca-file',
        made.files.certificate,
      );
      assert.equal(exitCode, 0);
      assert.match(stdout, /^id\.server\. \d+ CH TXT "fra"$/m);
      assert.match(stdout, new RegExp(` port ${port} over ${transport}, `));
    });

    it(`gets no answer over ${transport} where the name, the address or the authority is another`, async () => {
      const other = await makeCertificate(made.folder, `other-${transport}`);
      const wrong: [string[], RegExp][] = [
        [['--tls-name', 'other.example', '--ca-file', made.files.certificate], /altnames.*other\.example/],
        [['--ca-file', made.files.certificate], /altnames/],
        [['--tls-name', 'dns.example', '--ca-file', other.certificate], /self-signed|unable|signature/],
        [['--tls-name', 'dns.example'], /self-signed/],
      ];
      for (const [args, reason] of wrong) {
        const { stderr, stdout, exitCode } = await ask(...args);
        assert.match(stderr, reason);
        assert.equal(exitCode, 69);
        assert.equal(stdout, '');
      }
    });

    it(`takes any certificate over ${transport} when told to`, async () => {
      assert.equal((await ask('--insecure')).exitCode, 0);
    });
  }

  it('says which HTTP status came instead of an answer', async () => {
    const at = ['--doh', '--port', String(dohPort), '--insecure', '--path', '/elsewhere'];
    const { stderr, exitCode } = await query(...whoami, ...at);
    assert.match(stderr, /over doh: HTTP status 404/);
    assert.equal(exitCode, 69);
  });

  it('prints one JSON object with --json', async () => {
    const { deployment } = made;
    const { stdout } = await query(...whoami, '--port', String(deployment.port), '--nsid', '--json');
    const said = JSON.parse(stdout);
    assert.equal(said.server, deployment.service);
    assert.equal(said.transport, 'udp');
    assert.equal(said.rcode, 'NOERROR');
    assert.equal(said.nsid, '667261');
    assert.match(said.answer[0], /TXT "fra"$/);
  });
});

describe('anycast query, of a server that does what the test says', () => {
  const address = '127.0.77.53';
  const port = 5399;
  const at = [`@${address}`, '--port', String(port)];
  const parts = new AsyncDisposableStack();
  let server: ScriptedUpstream;
  const name = parseName('www.example.') ?? new Uint8Array();

  before(async () => {
    let addressesAsked = 0;
    server = parts.use(
      await openUpstream(address, port, ({ query: asking, transport, send }) => {
        if (asking.questions[0]?.type === recordTypes.AAAA) addressesAsked += 1;
        const base = { ...asking, flags: { ...asking.flags, qr: true, ra: true } };
        const type = asking.questions[0]?.type;
        if (type === recordTypes.TXT && transport === 'udp')
          send({ ...base, flags: { ...base.flags, tc: true } });
        else if (type === recordTypes.AAAA && addressesAsked === 1) send({ ...base, id: asking.id ^ 1 });
        else if (type === recordTypes.MX) return;
        else {
          const options = [
            extendedErrorOption({ infoCode: extendedErrors.staleAnswer, text: 'old\u001b[2J' }),
          ];
          send({
            ...base,
            rcode: type === recordTypes.NS ? rcodes.SERVFAIL : rcodes.NOERROR,
            authorities: [
              {
                name,
                type: recordTypes.NS,
                class: recordClasses.IN,
                ttl: 60,
                rdata: { kind: 'NS', target: name },
              },
            ],
            edns: { udpPayloadSize: 1232, version: 0, dnssecOk: true, options },
          });
        }
      }),
    );
  });
  after(() => parts.disposeAsync());

  it('shows the authority section and the extended error, its text without control characters', async () => {
    const { stdout } = await query('www.example', ...at, '--dnssec');
    assert.match(stdout, /^;; EDNS: version 0, do, udp 1232$/m);
    assert.match(stdout, /^;; EDE: 3 \(stale answer\) "old\\027\[2J"$/m);
    assert.match(stdout, /^;; authority\nwww\.example\. 60 IN NS www\.example\.$/m);
    assert.equal(server.calls.at(-1)?.query.edns?.dnssecOk, true);
  });

  it('ends with 0 for an answer of any rcode', async () => {
    const { stdout, exitCode } = await query('www.example', 'NS', ...at);
    assert.match(stdout, /^;; SERVFAIL, /);
    assert.equal(exitCode, 0);
  });

  it('asks again over TCP when the answer is truncated', async () => {
    const { stdout, exitCode } = await query('www.example', 'TXT', ...at);
    assert.match(stdout, / over tcp, /);
    assert.equal(exitCode, 0);
  });

  it('waits past an answer under another id, and asks again', async () => {
    const before = server.calls.length;
    const { exitCode } = await query('www.example', 'AAAA', ...at, '--timeout', '3s');
    assert.equal(exitCode, 0);
    const calls = server.calls.slice(before);
    assert.equal(calls.length, 2);
    assert.equal(calls[1]?.query.id, calls[0]?.query.id);
  });

  it('ends with 69 when no answer comes in time, or nobody is there', async () => {
    const silent = await query('www.example', 'MX', ...at, '--timeout', '300ms');
    assert.match(silent.stderr, /no answer from 127\.0\.77\.53 port 5399 over udp: no end within 300 ms/);
    assert.equal(silent.exitCode, 69);
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const free = String(socket.address().port);
    socket.close();
    const refused = await query('www.example', '@127.0.0.1', '--port', free);
    assert.match(refused.stderr, /connection refused/);
    assert.equal(refused.exitCode, 69);
  });

  const wrong: [claim: string, args: string[], said: RegExp][] = [
    ['two transports', ['www.example', '--dot', '--tcp'], /one of --tcp, --dot and --doh/],
    ['a TLS name in clear text', ['www.example', '--tls-name', 'dns.example'], /add --dot or --doh/],
    ['a misspelt type', ['www.example', 'AAAAA'], /did you mean 'AAAA'/],
    ['a server that is no address', ['www.example', '@dns'], /'@dns' is not @ and an IP address/],
    ['a name that is none', ['a..b'], /'a\.\.b' is not a domain name/],
    ['a port that is none', ['www.example', '--port', '65536'], /'65536' is not a port/],
    ['nobody to ask', ['www.example', '--config', 'nowhere.yaml'], /@ADDRESS/],
  ];
  for (const [claim, args, said] of wrong) {
    it(`meets ${claim} with exit code 64`, async () => {
      const { stderr, exitCode } = await query(...args);
      assert.match(stderr, said);
      assert.equal(exitCode, 64);
    });
  }
});
