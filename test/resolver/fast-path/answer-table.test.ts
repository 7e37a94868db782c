import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { AnswerReader } from '../../../src/resolver/fast-path/answer-reader.ts';
import { AnswerTable, bucketSlots, type TableAnswer } from '../../../src/resolver/fast-path/answer-table.ts';
import { QuestionKey } from '../../../src/resolver/fast-path/question-key.ts';
import { answerOf, keyedQuestion, keyOf, names } from './versioned-answers.ts';

const nowMs = 1_000_500;
/** Room for one bucket. */
const oneBucket = 1;

function opened(mostOctets = 65_536, hashKey: readonly [number, number] = [3, 4]) {
  const table = new AnswerTable(mostOctets);
  const reader = new AnswerReader(table.memory);
  const key = new QuestionKey(hashKey);
  const octets = new Uint8Array(1232);
  const put = (text: string, answer: Partial<TableAnswer> = {}, wallMs = nowMs): boolean => {
    key.take(keyedQuestion(text));
    const whole = { ...answerOf(7), ...answer };
    if (!table.fits(whole, key)) return false;
    const slot = table.roomFor(key, wallMs);
    if (slot >= 0) table.put(slot, key, whole);
    return slot >= 0;
  };
  const find = (text: string, wallMs = nowMs, type = 1): Uint8Array | undefined => {
    key.take(keyedQuestion(text, type));
    return reader.find(key, { octets, at: 3 }, wallMs) ? octets.slice(3, 3 + reader.size) : undefined;
  };
  return { table, reader, key, put, find };
}

describe('the table of answers', () => {
  it('gives what was put in, for the same name in any case and for nothing else', () => {
    const { put, find } = opened();
    assert.ok(put('Www.Example'));
    assert.deepEqual(find('wWW.exAMPLE'), new Uint8Array(47).fill(7));
    assert.equal(find('www.example', nowMs, 28), undefined);
    assert.equal(find('ww.example'), undefined);
    assert.equal(find('www.exampl'), undefined);
    // Not a letter, though it differs from one by the same bit.
    assert.ok(put('a\\064b.example'));
    assert.equal(find('a`b.example'), undefined);
    assert.ok(find('A\\064B.example'));
  });

  it('tells DO and CD apart', () => {
    const { table, reader, key } = opened();
    const question = keyedQuestion('www.example');
    key.take(question);
    table.put(table.roomFor(key, nowMs), key, answerOf(1));
    const place = { octets: new Uint8Array(600), at: 0 };
    for (const bits of [{ dnssecOk: true }, { checkingDisabled: true }]) {
      key.take({ ...question, ...bits });
      assert.equal(reader.find(key, place, nowMs), false);
    }
  });

  it('gives an answer from when it was stored until its end, and counts its TTLs down', () => {
    const { put, find } = opened();
    const records = Uint8Array.of(9, 0, 0, 1, 44, 9);
    assert.ok(put('www.example', { records, ttlPlaces: [1], untilMs: 1_300_000 }));
    assert.deepEqual(find('www.example', 1_000_999), records);
    assert.deepEqual(find('www.example', 1_001_000), Uint8Array.of(9, 0, 0, 1, 43, 9));
    assert.deepEqual(find('www.example', 1_299_999), Uint8Array.of(9, 0, 0, 0, 1, 9));
    assert.equal(find('www.example', 1_300_000), undefined);
    // The wall clock may step back: what comes from the future is not given.
    assert.equal(find('www.example', 999_999), undefined);
  });

  it('is empty when its generation is raised, and for a reader of another one', () => {
    const { table, reader, put, find } = opened();
    put('www.example');
    table.clear();
    assert.equal(find('www.example'), undefined);
    reader.generation = table.generation;
    assert.equal(find('www.example'), undefined);
    put('www.example');
    assert.ok(find('www.example'));
    reader.generation += 1;
    assert.equal(find('www.example'), undefined);
  });

  it('keeps nothing that does not fit a slot', () => {
    const { put } = opened();
    assert.equal(put('www.example', { records: new Uint8Array(500) }), false);
    assert.equal(put(`${'a'.repeat(60)}.`.repeat(4), { records: new Uint8Array(300) }), false);
    assert.equal(put('www.example', { ttlPlaces: Array<number>(33).fill(0) }), false);
    assert.ok(put('www.example', { records: new Uint8Array(440) }));
  });

  it('takes no more octets than it may, but has a bucket at least', () => {
    assert.ok(new AnswerTable(65_536).memory.byteLength <= 65_536);
    assert.ok(new AnswerTable(1 << 24).memory.byteLength > 0.99 * (1 << 24));
    assert.equal(new AnswerTable(oneBucket).slots, bucketSlots);
  });

  it('makes room for a newcomer of what has ended first', () => {
    const { put, find } = opened(oneBucket);
    for (let index = 0; index < bucketSlots; index += 1)
      put(`name-${index}.test`, { untilMs: index === 3 ? nowMs + 1 : 2_000_000 });
    assert.ok(put('new.test', {}, nowMs + 1));
    const left = Array.from({ length: bucketSlots }, (_, index) => index).filter(index =>
      find(`name-${index}.test`),
    );
    assert.deepEqual(left, [0, 1, 2, 4, 5, 6, 7]);
  });

  it('leaves what is in use to no flood of names that are not', () => {
    const { put, find } = opened(oneBucket);
    const used = ['a.test', 'b.test', 'c.test'];
    for (const each of used) put(each);
    for (let index = 0; index < 1000; index += 1) {
      if (index % 5 === 0) for (const each of used) assert.ok(find(each), `${each} after ${index}`);
      put(`flood-${index}.test`);
    }
  });

  it('keeps a newcomer out where all are in use, and lets it in when they no longer are', () => {
    const { put, find } = opened(oneBucket);
    const all = Array.from({ length: bucketSlots }, (_, index) => `name-${index}.test`);
    for (const each of all) put(each);
    for (const each of all) find(each);
    assert.equal(put('new.test'), false);
    for (const each of all) assert.ok(find(each));
    assert.equal(put('new.test'), false);
    assert.ok(put('new.test'));
    assert.ok(find('new.test'));
  });

  it('spreads names over buckets by a key that nobody knows', () => {
    const text = Array.from({ length: 2000 }, (_, index) => `host-${index}.test`);
    const bucketsOf = (hashKey: readonly [number, number]): number[] => {
      const key = new QuestionKey(hashKey);
      return text.map(each => {
        key.take(keyedQuestion(each));
        return (key.placing >>> 0) % 64;
      });
    };
    const first = bucketsOf([1, 2]);
    const second = bucketsOf([1, 3]);
    const same = first.filter((bucket, index) => bucket === second[index]).length;
    // One in 64 by chance: 31 of 2000, and a deviation of 5.5.
    assert.ok(same < 75, `${same} of 2000 in the same bucket with another key`);
    const fullest = Math.max(
      ...Array.from({ length: 64 }, (_, at) => first.filter(each => each === at).length),
    );
    assert.ok(fullest < 70, `${fullest} of 2000 in one of 64`);
  });

  it('never gives an answer made of two, however fast it is written', { timeout: 60_000 }, async () => {
    const { table, key } = opened(oneBucket);
    const stop = new SharedArrayBuffer(4);
    const url = new URL('./reading-thread.ts', import.meta.url);
    const progress = [new Int32Array(new SharedArrayBuffer(4)), new Int32Array(new SharedArrayBuffer(4))];
    const threads = progress.map(
      ({ buffer: seen }) => new Worker(url, { workerData: { table: table.memory, stop, seen } }),
    );
    const results = threads.map(thread => new Promise<unknown>(resolve => thread.once('message', resolve)));
    await Promise.all(threads.map(thread => new Promise(resolve => thread.once('online', resolve))));
    // On a busy machine a thread may get its turn late.
    const haveSeenMany = (): boolean => progress.every(seen => Atomics.load(seen, 0) > 100);
    for (let version = 0; version < 60_000 || (version < 20_000_000 && !haveSeenMany()); version += 1) {
      key.take(keyOf(version % names));
      // Another owner now and then, so that a key may change under its reader.
      if (version % 50 === 0) table.clear();
      const slot = table.roomFor(key, nowMs);
      if (slot >= 0) table.put(slot, key, answerOf(version));
    }
    Atomics.store(new Int32Array(stop), 0, 1);
    for (const torn of await Promise.all(results)) assert.equal(torn, 0);
    assert.ok(haveSeenMany());
  });
});
