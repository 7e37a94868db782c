import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { sources } from './sources.ts';

describe('names', () => {
  it('of files are kebab-case, and none is a drawer for everything', () => {
    const drawers = ['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'constants', 'index'];
    const wrong = sources
      .map(source => source.path)
      .filter(
        path =>
          !/^[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(basename(path)) || drawers.includes(basename(path, '.ts')),
      );
    assert.deepEqual(wrong, []);
  });

  it('of things do not hide behind Manager, Helper, Impl, Base or a leading I', () => {
    const declared =
      /\b(?:class|interface|type|function)\s+((?:I[A-Z]\w*)|\w*(?:Manager|Helper|Impl)|(?:Base|Abstract)[A-Z]\w*)\b/g;
    const wrong = sources.flatMap(source =>
      [...source.text.matchAll(declared)]
        .map(([, name = '']) => name)
        .filter(name => !/^(?:Ip|Id|Idle|Io)/.test(name))
        .map(name => `${source.path}: ${name}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('of metrics are anycast_<area>_<noun>, counters end in _total, and no label can hold a query name', () => {
    const literal = /'(anycast_[a-z0-9_]+)'/g;
    const wrong = sources.flatMap(source =>
      [...source.text.matchAll(literal)]
        .map(([, name = '']) => name)
        .filter(name => !/^anycast_(?:resolver|agent|check|sidecar)_[a-z0-9_]+$/.test(name))
        .map(name => `${source.path}: ${name}`),
    );
    assert.deepEqual(wrong, []);
    const labels = sources.flatMap(source =>
      [...source.text.matchAll(/labelNames: \[([^\]]*)\]/g)]
        .filter(([, list = '']) => /'(?:q?name|question|domain|client|address)'/.test(list))
        .map(([, list = '']) => `${source.path}: ${list}`),
    );
    assert.deepEqual(labels, []);
  });

  it('of folders are all in the layer table, and tests mirror them', () => {
    const areas = readdirSync('src', { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name);
    const tested = readdirSync('test');
    const untested = areas.filter(area => !tested.includes(area));
    assert.deepEqual(untested, []);
  });
});
