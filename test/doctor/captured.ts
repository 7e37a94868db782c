/** What real tools printed and real kernels showed, kept as files in `captured/`. */
import { readFileSync } from 'node:fs';
import { type BirdReply, BirdReplyReader } from '../../src/routing/bird/bird-reply.ts';

export function captured(name: string): string {
  return readFileSync(new URL(`captured/${name}`, import.meta.url), 'utf8');
}

/** A reply of BIRD 2.0.12 as it came over its control socket, behind the greeting. */
export function capturedReply(name: string): BirdReply {
  const [greeting, reply] = new BirdReplyReader().read(captured(name));
  if (greeting?.code !== 1 || !reply) throw new Error(`${name} is not a greeting and a reply`);
  return reply;
}
