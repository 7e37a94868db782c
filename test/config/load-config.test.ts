import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { configKinds } from '../../src/commands/inputs/deployment.ts';
import type { AnycastConfig } from '../../src/config/anycast-config.ts';
import { loadConfig, parseConfig, popOf } from '../../src/config/load-config.ts';
import { Fault } from '../../src/system/fault.ts';

const example = readFileSync('anycast.yaml', 'utf8');

function parse(text: string): AnycastConfig {
  return parseConfig(text, 'anycast.yaml', configKinds);
}

/** The message of the fault that the example gives with `from` replaced by `to`. */
function complaint(from: string, to: string): string {
  assert.ok(example.includes(from), `the example has '${from}'`);
  let message = '';
  assert.throws(
    () => parse(example.replace(from, to)),
    (fault: unknown) => {
      assert.ok(fault instanceof Fault && fault.code === 'config-invalid');
      message = fault.message;
      return true;
    },
  );
  return message;
}

describe('anycast.yaml', () => {
  it('is read with durations in milliseconds, prefixes as values, defaults filled, and frozen', () => {
    const config = parse(example);
    assert.equal(config.checks.answers?.interval, 250);
    assert.equal(config.service.fallback[0]?.length, 24);
    assert.equal(config.resolver.port, 53);
    assert.ok(Object.isFrozen(config.pops.fra?.neighbours[0]));
  });

  it('gives each PoP its slice, and names the nearest PoP for a mistyped one', () => {
    const config = parse(example);
    assert.equal(popOf(config, 'nyc').pop.routerId.text, '198.18.2.6');
    assert.throws(() => popOf(config, 'nyk'), { code: 'usage', hint: "did you mean 'nyc'?" });
    assert.throws(() => popOf(config, 'constructor'), { code: 'usage' });
  });

  it('names the line and the nearest known key for an unknown one', () => {
    assert.match(
      complaint('fallback:', 'falback:'),
      /^anycast\.yaml:7: service\.falback: unknown key: did you mean 'fallback'\?/,
    );
    assert.match(
      complaint('routerId: 198.18.1.6', 'routerID: 198.18.1.6'),
      /unknown key: did you mean 'routerId'\?/,
    );
    assert.match(complaint('interval: 100ms', 'intervall: 100ms'), /unknown key: did you mean 'interval'\?/);
  });

  it('names the nearest known check, check option and driver', () => {
    assert.match(
      complaint('{ kind: liveness }', '{ kind: livenes }'),
      /unknown check 'livenes': did you mean 'liveness'\?/,
    );
    assert.match(
      complaint('{ kind: liveness }', '{ kind: liveness, transprots: [udp] }'),
      /checks\.liveness\.transprots: unknown key/,
    );
    assert.match(
      complaint('routerId: 198.18.1.6', 'driver: brid\n    routerId: 198.18.1.6'),
      /unknown driver 'brid': did you mean 'bird'\?/,
    );
    assert.match(
      complaint('fastInterval: 50ms', 'fastinterval: 50ms'),
      /checks\.answers\.fastinterval: unknown key: did you mean 'fastInterval'\?/,
    );
    assert.match(complaint('{ kind: liveness }', '{ kind: constructor }'), /unknown check 'constructor'/);
  });

  describe('with a check made of checks', () => {
    const said = (check: string): string => complaint('{ kind: liveness }', check);

    it('is read with the options of each member', () => {
      const check = '{ kind: atLeast, need: 1, of: { web: { kind: http }, port: { kind: tcp, port: 25 } } }';
      const config = parse(example.replace('{ kind: liveness }', check));
      const { of } = config.checks.liveness?.options as { of: Record<string, { options: object }> };
      assert.deepEqual(of.port, { kind: 'tcp', options: { port: 25 } });
      assert.equal((of.web?.options as { path?: string }).path, '/');
    });

    it('names line, member and nearest key for an unknown one, however deep it stands', () => {
      const flat = '{ kind: all, of: { web: { kind: http, pth: /health } } }';
      assert.match(
        said(flat),
        /^anycast\.yaml:\d+: checks\.liveness\.of\.web\.pth: unknown key: did you mean 'path'\?/,
      );
      assert.match(
        said(`{ kind: any, of: { one: ${flat} } }`),
        /: checks\.liveness\.of\.one\.of\.web\.pth: unknown key: did you mean 'path'\?/,
      );
      assert.match(
        said('{ kind: all, of: { names: { kind: dns, questions: [{ nam: a.test }] } } }'),
        /of\.names\.questions\.0\.nam: unknown key: did you mean 'name'\?/,
      );
    });

    it('says which keys a member cannot have, and which kinds cannot be members', () => {
      assert.match(
        said('{ kind: all, of: { web: { kind: http, interval: 1s } } }'),
        /of\.web\.interval: a member has no interval of its own: it is the composite's/,
      );
      assert.match(
        said('{ kind: all, of: { alive: { kind: liveness } } }'),
        /of\.alive\.kind: 'liveness' cannot be a member: .*: address, dns, http, tcp, exec, upstream, all/,
      );
      assert.match(
        said('{ kind: all, of: { web: { kind: htpt } } }'),
        /of\.web\.kind: unknown check 'htpt': did you mean 'http'\?/,
      );
    });

    it('is refused without members, and with more of them needed than there are', () => {
      assert.match(said('{ kind: any, of: {} }'), /checks\.liveness\.of: name at least one member/);
      assert.match(
        said('{ kind: atLeast, need: 3, of: { a: { kind: dns }, b: { kind: http } } }'),
        /checks\.liveness\.need: 3 of 2 members can never be healthy/,
      );
    });
  });

  const inconsistent: readonly [claim: string, from: string, to: string, message: RegExp][] = [
    [
      'a service address that is a management address',
      'management: [198.18.1.6',
      'management: [203.0.113.53',
      /is the service address/,
    ],
    [
      'a management address inside the fallback prefix',
      'management: [198.18.1.6',
      'management: [203.0.113.7',
      /lies in the fallback prefix/,
    ],
    [
      'a management address of two PoPs',
      'management: [198.18.2.6',
      'management: [198.18.1.6',
      /also the management of fra/,
    ],
    ['a router id of two PoPs', 'routerId: 198.18.2.6', 'routerId: 198.18.1.6', /also the routerId of fra/],
    ['a neighbour in our own AS', 'asn: 64501', 'asn: 64500', /AS 64500 is the service's own/],
    [
      'overlapping fallback prefixes',
      '203.0.113.0/24, "2001:db8:53::/48"',
      '203.0.113.0/24, 203.0.112.0/23',
      /overlap/,
    ],
    [
      'a fallback prefix that covers nothing',
      '203.0.113.0/24',
      '198.51.100.0/24',
      /covers no service address/,
    ],
    [
      'a root hint that is the service address',
      'addresses: [198.18.7.6,',
      'addresses: [203.0.113.53,',
      /would ask itself/,
    ],
    [
      'an upstream that is the service address',
      '  accessList:',
      '  forward: [{ zone: plain.test., upstreams: [203.0.113.53] }]\n  accessList:',
      /would ask itself/,
    ],
    [
      'a zone that is forwarded twice',
      '  accessList:',
      '  forward: [{ zone: plain.test., upstreams: [198.18.7.14] }, { zone: Plain.TEST, upstreams: [198.18.7.10] }]\n  accessList:',
      /'Plain\.TEST' is stated twice/,
    ],
    [
      'a session with the service address',
      'local: 198.18.1.6',
      'local: 203.0.113.53',
      /203\.0\.113\.53 is the service address: BGP/,
    ],
    [
      'one port for two metrics pages',
      '\npops:',
      '\ntelemetry: { resolverPort: 9200, agentPort: 9200 }\npops:',
      /9200 is also the resolver's/,
    ],
    ['a hold time that BGP does not know', 'bgp:\n', 'bgp:\n  holdTime: 1s\n', /a hold time is 3 s to/],
    ['a router id of zeros', 'routerId: 198.18.1.6', 'routerId: 0.0.0.0', /is not 0\.0\.0\.0/],
    ['an alias of nothing', '{ kind: liveness }', '{ kind: *nothing }', /Unresolved alias/],
    ['a session between two families', 'local: 198.18.1.6', 'local: "2001:db8::9"', /of two families/],
    ['a prefix with host bits', '203.0.113.0/24', '203.0.113.1/24', /no host bits/],
    ['a duration without a unit', '250ms', '250', /duration|string/],
    ['AS_TRANS', 'asn: 64500', 'asn: 23456', /AS_TRANS/],
  ];
  for (const [claim, from, to, message] of inconsistent) {
    it(`is refused with ${claim}, naming file and line`, () => {
      const said = complaint(from, to);
      assert.match(said, message);
      assert.match(said, /^anycast\.yaml:\d+: /);
    });
  }

  it('is refused when it is no YAML, empty or absent', async () => {
    assert.throws(() => parse('pops: [1,'), { code: 'config-invalid' });
    assert.throws(() => parse(''), { code: 'config-invalid' });
    await assert.rejects(loadConfig('/nonexistent/anycast.yaml', configKinds), { code: 'config-invalid' });
    await assert.rejects(loadConfig('/tmp', configKinds), { code: 'config-invalid', message: /EISDIR/ });
  });
});
