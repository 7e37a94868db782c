import assert from 'node:assert/strict';
import { it } from 'node:test';
import { queryPort } from '../../../src/resolver/upstreams/udp-exchange.ts';

it('draws again when a port is one that BFD listens on', () => {
  const drawn = [3784, 3785, 4784, 5300];
  assert.equal(
    queryPort(() => drawn.shift() ?? 0),
    5300,
  );
});
