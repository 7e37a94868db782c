import assert from 'node:assert/strict';
import { it } from 'node:test';
import { queryPort } from '../../../src/resolver/exchange/query-port.ts';

it('draws again when a port is one that BFD listens on', () => {
  const drawn = [3784, 3785, 4784, 5300];
  assert.equal(queryPort({ below: () => (drawn.shift() ?? 0) - 1024 }), 5300);
});
