import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatName } from '../../../src/dns/name.ts';
import { parseRootHints, rootHintsOf } from '../../../src/resolver/iterator/root-hints.ts';
import { Fault } from '../../../src/system/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ip } from '../exchange/authorities-under-test.ts';
import { name } from '../messages.ts';

/** As IANA writes it, and as other tools do: no TTL, no class, the owner of the line before. */
const file = `;       This file holds the information on root name servers
;
; formerly NS.INTERNIC.NET
;
.                        3600000      NS    A.ROOT.EXAMPLE.
A.ROOT.EXAMPLE.          3600000      A     192.0.2.4
A.ROOT.EXAMPLE.          3600000      AAAA  2001:db8:503::2:30
;
$TTL 3600000
.   IN NS b.root.example. ; another
b.root.example.  IN 3600 A 192.0.2.5
    AAAA 2001:db8::5
stray.example. A 192.0.2.6
; End of file
`;

function shown(text: string): Record<string, string[]> {
  return Object.fromEntries(
    parseRootHints(text, 'named.root').map(server => [
      formatName(server.name),
      server.addresses.map(address => address.text),
    ]),
  );
}

describe('root hints', () => {
  it('are read from a file in the format of named.root', () => {
    assert.deepEqual(shown(file), {
      'A.ROOT.EXAMPLE.': ['192.0.2.4', '2001:db8:503::2:30'],
      'b.root.example.': ['192.0.2.5', '2001:db8::5'],
    });
    assert.deepEqual(shown(file.replaceAll('\n', '\r\n')), shown(file));
  });

  for (const [what, line] of Object.entries({
    'another zone’s server': 'test. NS ns.test.',
    'a text of no meaning': 'what is this',
    'an address of the other family': 'a.root.example. A 2001:db8::1',
    'no address': 'a.root.example. AAAA 192.0.2.1',
    'another type': '. SOA ns. hostmaster. 1 2 3 4 5',
    'another class': '. CH NS a.root.example.',
    'a blank at the very start': ' NS a.root.example.',
  }))
    it(`refuse ${what}, and tell the line`, () =>
      assert.throws(() => parseRootHints(`; first\n${line}\n`, 'f'), {
        code: 'config-invalid',
        message: /^line 2 of f /,
      }));

  it('refuse a file without a server, with one that has no address, or with too many', () => {
    assert.throws(() => parseRootHints('; nothing\n', 'f'), /names 0 servers/);
    assert.throws(() => parseRootHints('. NS a.example.\n', 'f'), /no address of a\.example\./);
    const many = Array.from({ length: 33 }, (_, i) => `. NS n${i}.example.\nn${i}.example. A 192.0.2.1\n`);
    assert.throws(() => parseRootHints(many.join(''), 'f'), /names 33 servers/);
  });

  it('come from the file, from the configuration, or are those shipped', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'named.root');
    await writeFile(path, file);
    assert.equal(rootHintsOf({ rootHints: path }).length, 2);
    const own = [{ name: 'a.test.', addresses: [ip('192.0.2.1')] }];
    assert.deepEqual(rootHintsOf({ rootHints: own }), [{ ...own[0], name: name('a.test.') }]);
    const shipped = rootHintsOf({ rootHints: undefined });
    assert.equal(shipped.length, 13);
    for (const { addresses } of shipped)
      assert.deepEqual(
        addresses.map(({ family }) => family),
        [4, 6],
      );
  });

  it('are a fault of the environment where there is no such file, and refused where it is none', async () => {
    await using folder = await temporaryFolder();
    const isFault = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;
    assert.throws(() => rootHintsOf({ rootHints: join(folder.path, 'none') }), isFault('environment'));
    assert.throws(() => rootHintsOf({ rootHints: folder.path }), isFault('config-invalid'));
  });
});
