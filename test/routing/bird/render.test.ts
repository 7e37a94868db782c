/** The text of the PoP's BIRD files; `bird-configs/pop` holds those of PoP fra, as an operator would find them. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadPop } from '../../../src/commands/inputs/deployment.ts';
import type { PopSlice } from '../../../src/config/anycast-config.ts';
import { parseConfig, popOf } from '../../../src/config/load-config.ts';
import { parseIpPrefix } from '../../../src/ip/prefix.ts';
import { type Announcement, plainAnnouncement } from '../../../src/routing/announcement.ts';
import { isRendered, renderAnnounced } from '../../../src/routing/bird/render-announced.ts';
import { renderNeighbours } from '../../../src/routing/bird/render-neighbours.ts';
import { renderSite } from '../../../src/routing/bird/render-site.ts';
import { sessionOf } from '../../../src/routing/bird/session-name.ts';
import type { Fault } from '../../../src/system/fault.ts';
import { run } from '../../../src/system/run.ts';

const repository = join(import.meta.dirname, '../../..');
const folder = join(repository, 'bird-configs/pop');

function slice(pop: string, rest = ''): PopSlice {
  const yaml = `
service: { addresses: [203.0.113.53], asn: 64500 }
resolver: { forward: [{ zone: ., upstreams: [198.18.7.6] }] }
checks: {}
pops: { fra: { management: [198.18.1.6], routerId: 198.18.1.6, neighbours: [${pop}] } }
${rest}`;
  return popOf(parseConfig(yaml, 'anycast.yaml', { checks: {}, drivers: ['bird'] }), 'fra');
}

const neighbour = (extra: string) =>
  `{ name: isp-eu, asn: 64501, sessions: [{ local: 198.18.1.6, remote: 198.18.1.5 }]${extra} }`;

function announcement(prefix: string, attributes: Partial<Announcement> = {}): Announcement {
  const parsed = parseIpPrefix(prefix);
  assert(parsed);
  return { ...plainAnnouncement(parsed), ...attributes };
}

suite('bird-configs/pop', () => {
  test('its generated files are those of PoP fra in anycast.yaml', async () => {
    const fra = await loadPop({ config: join(repository, 'anycast.yaml'), pop: 'fra', runDir: '' });
    const files = {
      'site.conf': renderSite(fra),
      'neighbours.conf': renderNeighbours(fra),
      'announced.conf': renderAnnounced([]),
    };
    for (const [name, text] of Object.entries(files)) {
      if (process.env.UPDATE_GOLDEN) await writeFile(join(folder, name), text);
      assert.equal(
        await readFile(join(folder, name), 'utf8'),
        text,
        `${name}: UPDATE_GOLDEN=1 writes it anew`,
      );
    }
  });

  test('BIRD accepts them as they stand', async () => {
    const check = await run(['bird', '-p', '-c', join(folder, 'bird.conf')]);
    assert.deepEqual([check.exitCode, check.stderr], [0, '']);
  });
});

suite('site.conf', () => {
  test('a family without addresses has empty sets, and BFD that is off is disabled', () => {
    const text = renderSite(slice(neighbour(''), 'bgp: { bfd: off, holdTime: 3500ms }'));
    for (const line of [
      'define SERVICE4 = [ 203.0.113.53/32 ];',
      'define SERVICE6 = [];',
      'define FALLBACK4 = [];',
      'define EXPORT_LIMIT4 = 1;',
      'define HOLD_TIME = 4;',
      'define BFD_OFF = 1;',
      'define IMPORT_OFF = 1;',
    ])
      assert(text.split('\n').includes(line), line);
  });
});

suite('neighbours.conf', () => {
  test('BFD, GTSM and a password appear only where they are configured', () => {
    assert.match(
      renderNeighbours(slice(neighbour(', ttlSecurity: true, password: correct horse'))),
      /bfd on;\n {2}ttl security on;\n {2}password "correct horse";/,
    );
    assert.doesNotMatch(renderNeighbours(slice(neighbour(''), 'bgp: { bfd: off }')), /bfd|ttl|password/);
  });

  test('a neighbour without BFD has none although others have, and every upstream has a session', () => {
    const two = `${neighbour(', bfd: off')}, { name: isp-na, asn: 64502, sessions: [{ local: 198.18.2.6, remote: 198.18.2.5 }] }`;
    const [, first = '', second = ''] = renderNeighbours(slice(two)).split('protocol bgp ');
    assert.match(first, /^isp_eu_v4 from session4 \{\n {2}local 198\.18\.1\.6 /);
    assert.doesNotMatch(first, /bfd/);
    assert.match(second, /^isp_na_v4 from session4 \{\n {2}local 198\.18\.2\.6 [^}]*bfd on;/);
  });

  test('validators are asked only where a default route is imported', () => {
    const rpki = 'rpki: [{ address: 198.51.100.7, port: 3323 }, { address: "2001:db8:7::7" }]';
    assert.doesNotMatch(renderNeighbours(slice(neighbour(''), `bgp: { ${rpki} }`)), /rpki|default_session/);
    const text = renderNeighbours(slice(neighbour(''), `bgp: { import: default, ${rpki} }`));
    assert.match(text, /isp_eu_v4 from default_session4 /);
    assert.match(text, /rpki validator1 from validator \{\n {2}remote 198\.51\.100\.7 port 3323;/);
    assert.match(text, /rpki validator2 from validator \{\n {2}remote 2001:db8:7::7 port 323;/);
  });

  test('a password that BIRD cannot read is refused without being shown', () => {
    const withQuote = slice(neighbour(", password: 'sec\"ret'"));
    assert.throws(
      () => renderNeighbours(withQuote),
      (error: Fault) => error.code === 'config-invalid' && !`${error.message}${error.hint}`.includes('ret'),
    );
  });

  test('a protocol name gives its session back', () => {
    assert.deepEqual(sessionOf('isp_eu_v6'), { neighbour: 'isp-eu', family: 6 });
  });
});

suite('announced.conf', () => {
  test('attributes ride on the route of their prefix', () => {
    const text = renderAnnounced([
      announcement('203.0.113.53/32', {
        communities: [[65535, 0]],
        largeCommunities: [[64500, 1, 2]],
        prepend: 2,
        med: 30,
      }),
      announcement('2001:db8:53::53/128'),
    ]);
    assert.deepEqual(text.split('\n').slice(1), [
      'if net = 2001:db8:53::53/128 then { return true; }',
      'if net = 203.0.113.53/32 then { bgp_community.add((65535, 0)); bgp_large_community.add((64500, 1, 2)); bgp_path.prepend(SERVICE_AS); bgp_path.prepend(SERVICE_AS); bgp_med = 30; return true; }',
      'return false;',
      '',
    ]);
    assert(isRendered(text));
  });

  test('what is not of that form is told from what is', () => {
    const text = renderAnnounced([announcement('203.0.113.53/32', { prepend: 1 })]);
    assert(isRendered(text) && isRendered(renderAnnounced([])));
    for (const damage of [
      '',
      text.slice(0, -1),
      text.slice(text.indexOf('\n') + 1),
      text.replace('false', 'true'),
      text.replace('return true;', 'accept;'),
      text.replace('SERVICE_AS', '64999'),
      `${text}}\nprotocol static x { ipv4; }\nfunction f() {\n`,
      text.replace('return false;', 'include "other.conf";\nreturn false;'),
    ])
      assert(!isRendered(damage), damage);
  });

  test('the order of announcements does not show', () => {
    const two = [announcement('203.0.113.53/32'), announcement('203.0.113.54/32')];
    assert.equal(renderAnnounced(two), renderAnnounced(two.toReversed()));
  });
});
