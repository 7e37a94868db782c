/** Reading BIRD's replies and tables from text. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { BirdReplyReader, isRefusal, replyText } from '../../../src/routing/bird/bird-reply.ts';
import { prefixesIn, sessionsIn } from '../../../src/routing/bird/show.ts';

const protocols = `2002-Name       Proto      Table      State  Since         Info
1002-device1    Device     ---        up     12:00:00.000  
 isp_eu_v4  BGP        ---        up     12:00:01.000  Established   
 isp_eu_v6  BGP        ---        start  12:00:01.000  Active        Socket: Connection refused
 fallback4  Static     master4    up     12:00:00.000  
0000 
`;

const routes = `1007-Table master4:
 203.0.113.53/32      blackhole [announced4 12:00:00.000] * (200)
                      blackhole [other 12:00:00.000] (200)
1007-
 Table master6:
 2001:db8:53::53/128  blackhole [announced6 12:00:00.000] * (200)
0000 
`;

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

  test('a prefix with several paths counts once', () => {
    assert.deepEqual(
      prefixesIn(only(routes)).map(({ text }) => text),
      ['203.0.113.53/32', '2001:db8:53::53/128'],
    );
  });
});
