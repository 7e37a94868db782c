/** Reading BIRD's replies and tables from text. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { noAttributes } from '../../../src/routing/announcement.ts';
import { BirdReplyReader, isRefusal, replyText } from '../../../src/routing/bird/bird-reply.ts';
import { announcementsIn, sessionsIn } from '../../../src/routing/bird/show.ts';

const protocols = `2002-Name       Proto      Table      State  Since         Info
1002-device1    Device     ---        up     12:00:00.000  
 isp_eu_v4  BGP        ---        up     12:00:01.000  Established   
 isp_eu_v6  BGP        ---        start  12:00:01.000  Active        Socket: Connection refused
 fallback4  Static     master4    up     12:00:00.000  
0000 
`;

/** BIRD 2.0.12: `show route exported isp_eu_v4 all`. */
const routes = `1007-Table master4:
 203.0.113.53/32      blackhole [announced4 03:24:16.126] * (200)
1008-\tType: static univ
1012-\tBGP.as_path: 64500 64500
 \tBGP.med: 30
 \tBGP.community: (65535,0) (64500,7)
 \tBGP.large_community: (64500, 1, 2)
1007-203.0.113.0/24       blackhole [fallback4 03:24:15.090] * (200)
1008-\tType: static univ
0000 
`;

const hostRoute = {
  communities: [
    [65535, 0],
    [64500, 7],
  ],
  largeCommunities: [[64500, 1, 2]],
  prepend: 2,
  med: 30,
};

function only(text: string) {
  const [reply, ...more] = new BirdReplyReader().read(text);
  assert(reply);
  assert.equal(more.length, 0);
  return reply;
}

suite('replies', () => {
  test('a line that begins with a space repeats the code before it', () => {
    assert.deepEqual(only('0002-Reading configuration\n more\n0003 Reconfigured\n').lines, [
      { code: 2, text: 'Reading configuration' },
      { code: 2, text: 'more' },
      { code: 3, text: 'Reconfigured' },
    ]);
  });

  test('the code of a reply is that of its last line, and 8xxx and 9xxx are refusals', () => {
    const reply = only("0002-Reading configuration\n8002 site.conf:7:1 syntax error, unexpected ';'\n");
    assert.equal(reply.code, 8002);
    assert(isRefusal(reply));
    assert.equal(replyText(reply), "site.conf:7:1 syntax error, unexpected ';'");
    assert(!isRefusal(only('0013 Daemon is up and running\n')));
  });

  test('a log message between the lines is passed over', () => {
    assert.equal(only('+ <INFO> Reconfiguring\n0003 Reconfigured\n').lines.length, 1);
  });

  test('replies are the same however the text is cut', () => {
    const whole = new BirdReplyReader().read(protocols + routes);
    fc.assert(
      fc.property(fc.array(fc.nat(protocols.length + routes.length)), cuts => {
        const reader = new BirdReplyReader();
        const edges = [0, ...cuts.sort((a, b) => a - b), protocols.length + routes.length];
        const pieces = edges.slice(1).map((edge, index) => (protocols + routes).slice(edges[index], edge));
        assert.deepEqual(
          pieces.flatMap(piece => reader.read(piece)),
          whole,
        );
      }),
    );
  });

  test('any text gives replies or an error', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        try {
          new BirdReplyReader().read(text);
        } catch (error) {
          assert(error instanceof SyntaxError || error instanceof RangeError);
        }
      }),
    );
  });

  test('a reply without an end is cut off', () => {
    const reader = new BirdReplyReader();
    const line = `1007-${'x'.repeat(1000)}\n`;
    assert.throws(() => {
      for (let count = 0; count < 2000; count += 1) reader.read(line);
    }, RangeError);
    assert.throws(() => new BirdReplyReader().read('x'.repeat(2_000_000)), RangeError);
  });
});

suite('tables', () => {
  test('only BGP protocols are sessions, and only an established one is up', () => {
    assert.deepEqual(sessionsIn(only(protocols)), [
      { neighbour: 'isp-eu', family: 4, protocol: 'isp_eu_v4', state: 'established', detail: 'Established' },
      {
        neighbour: 'isp-eu',
        family: 6,
        protocol: 'isp_eu_v6',
        state: 'down',
        detail: 'Active Socket: Connection refused',
      },
    ]);
  });

  const shown = (text: string) =>
    announcementsIn(only(text)).map(({ prefix, ...attributes }) => [prefix.text, attributes]);

  test('a route is shown with its attributes, and one without any has none', () => {
    assert.deepEqual(shown(routes), [
      ['203.0.113.53/32', hostRoute],
      ['203.0.113.0/24', noAttributes],
    ]);
  });

  test('a list that BIRD breaks over two lines is one list', () => {
    const list = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => `(64500,${60000 + from + index})`).join(' ');
    const text = `1007-Table master4:
 203.0.113.53/32      blackhole [announced4 03:32:45.266] * (200)
1008-\tType: static univ
1012-\tBGP.community: ${list(0, 33)}
 \t\t${list(33, 46)}
 \tBGP.large_community: (4200000000, 4294967295, 4294967211)
 \t\t(4200000000, 4294967295, 4294967212)
0000 
`;
    assert.deepEqual(shown(text), [
      [
        '203.0.113.53/32',
        {
          communities: Array.from({ length: 46 }, (_, index) => [64500, 60000 + index]),
          largeCommunities: [
            [4200000000, 4294967295, 4294967211],
            [4200000000, 4294967295, 4294967212],
          ],
          prepend: 0,
        },
      ],
    ]);
  });

  test('the names that BIRD 3 gives the attributes mean the same', () => {
    const three = routes
      .replace('Type: static univ', 'source: static')
      .replace('BGP.as_path', 'bgp_path')
      .replaceAll('BGP.', 'bgp_');
    assert.deepEqual(shown(three)[0], ['203.0.113.53/32', hostRoute]);
  });
});
