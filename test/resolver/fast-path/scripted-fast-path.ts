/** A fast path that does what the first word of a query says. */
import { threadId } from 'node:worker_threads';
import {
  type FastPath,
  type FastQuery,
  handOver,
  noReply,
} from '../../../src/resolver/fast-path/fast-path.ts';

export function openFastPath(shared: unknown): FastPath {
  if (shared === 'unusable') throw new Error('it cannot be used');
  return {
    answer: (query, time) => {
      const [verb = ''] = textOf(query).split(' ');
      switch (verb) {
        case 'echo':
          return reply(query, textOf(query));
        case 'shared':
          return reply(query, String(shared));
        case 'thread':
          return reply(query, String(threadId));
        case 'words':
          return reply(query, [...query.words.subarray(0, query.wordCount)].map(hexadecimal).join(' '));
        case 'service':
          return reply(query, String(query.isService));
        case 'time':
          return reply(query, JSON.stringify(time));
        case 'silence':
          return noReply;
        case 'wait':
          Atomics.wait(shared as Int32Array, 0, 0);
          return handOver;
        case 'throw':
          throw new Error('against the contract');
        case 'exit':
          return process.exit(7);
        case 'hoard':
          for (const hoard: object[] = []; ; ) hoard.push({ more: [] });
        case 'hang':
          for (;;);
        default:
          return handOver;
      }
    },
  };
}

function textOf({ octets, at, length }: FastQuery): string {
  return Buffer.from(octets.subarray(at, at + length)).toString();
}

function reply(query: FastQuery, text: string): number {
  query.reply.set(Buffer.from(text), query.replyAt);
  return text.length;
}

function hexadecimal(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
