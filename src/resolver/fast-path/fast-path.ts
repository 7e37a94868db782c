/**
 * The contract of the fast path: cached answers to plain questions, given without the pipeline by whichever
 * thread listens.
 *
 * ```
 *   thread:  recvmmsg -> FastPath.answer -> sendmmsg            (a batch at a time)
 *                             |  hand over
 *                             v
 *   resolver's own thread:  respond -> pipeline -> reply, and what is worth it into the answer table
 * ```
 *
 * Without listener threads the resolver's own does both, a datagram at a time: it is one of the threads then, with a fast path
 * of its own (`listeners/single-replies.ts`), and hands over to itself.
 *
 * A thread decides only what a few loads decide, and decides it as the pipeline would; everything else it hands over as
 * it came. So there is one place where a query is understood (`listeners/respond.ts`), and one test that compares the two.
 *
 * A thread's side: `open-fast-path.ts` makes it of what `FastSource.sharedFor` gave; `plain-query.ts` reads, `answer-reader.ts`
 * finds, `answer-plain.ts` answers. The resolver's side: `fast-source.ts` owns what is shared, `publisher.ts` says what may
 * be answered without the pipeline, and why.
 */

/** What became of a query: the octets of its reply, from 1 on; or one of these. */
export const handOver = 0;
/** Nothing is sent; it has been counted. */
export const noReply = -1;

/** Octets that a reply may have. */
export const replyOctets = 1232;

/** A batch's clock: read once for all of its queries. */
export interface BatchTime {
  readonly wallMs: number;
  /** Of the clock that the rate table's other users read too. */
  readonly monotonicMs: number;
}

/** Where a query lies and where its reply goes. The buffers are a thread's own. */
export interface FastQuery {
  /** The query is `octets[at]` up to `octets[at + length]`. */
  readonly octets: Uint8Array;
  readonly at: number;
  readonly length: number;
  /** The client's address in network order of value: one word for IPv4 (mapped included), four for IPv6. */
  readonly words: Int32Array;
  readonly wordCount: 1 | 4;
  /** Whether it came to a service address: only those count as clients' queries. */
  readonly isService: boolean;
  /** The reply is written from `reply[replyAt]` on; there is room for `replyOctets`. */
  readonly reply: Uint8Array;
  readonly replyAt: number;
}

export interface FastPath {
  /** Allocates nothing, throws nothing, whatever the octets are. Gives octets of the reply, `handOver` or `noReply`. */
  answer(query: FastQuery, time: BatchTime): number;
}
