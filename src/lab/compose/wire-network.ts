/**
 * The Docker network that stands for a link: a wire and nothing else.
 *
 * Docker wants to address every network. It gets the smallest subnet that holds two containers and its own gateway, in
 * shared address space (RFC 6598) that the lab uses for nothing else; each container drops these addresses and
 * takes those of the plan (`set-up-container.ts`), which it finds its interface by.
 */
import type { LinkPlan } from '../plan.ts';

/** A /29: the network, Docker's gateway, two ends, and what a /30 would lack. */
const subnetSize = 8;

export interface WireNetwork {
  readonly name: string;
  readonly subnet: string;
  /** The addresses that Docker gives the link's ends, in the plan's order. */
  readonly ends: readonly [string, string];
}

/** `index` is the link's place in the plan. */
export function wireNetwork(link: LinkPlan, index: number): WireNetwork {
  const base = index * subnetSize;
  const address = (host: number): string => `100.64.${(base + host) >> 8}.${(base + host) & 0xff}`;
  return { name: link.name, subnet: `${address(0)}/29`, ends: [address(2), address(3)] };
}
