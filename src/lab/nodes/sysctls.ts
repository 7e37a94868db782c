/** Kernel settings of the lab's nodes, as keys that exist in every network namespace before its interfaces do. */

/**
 * Addresses count at once: no duplicate address detection, nothing learnt from router advertisements, and an interface
 * that goes down and comes up again has its IPv6 addresses back.
 */
const everywhere = {
  'net.ipv6.conf.all.accept_dad': '0',
  'net.ipv6.conf.default.accept_dad': '0',
  'net.ipv6.conf.default.accept_ra': '0',
  'net.ipv6.conf.all.keep_addr_on_down': '1',
  'net.ipv6.conf.default.keep_addr_on_down': '1',
  // Paths on the Internet are asymmetric, and a service address has no route of its own on the way back.
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
} as const;

export const hostSysctls: Readonly<Record<string, string>> = everywhere;

export const routerSysctls: Readonly<Record<string, string>> = {
  ...everywhere,
  'net.ipv4.ip_forward': '1',
  'net.ipv6.conf.all.forwarding': '1',
};

/**
 * Flows are told apart by ports too, or all of one client's would go to the same node. A packet from another namespace
 * brings the hash of its socket along, and the kernel takes that one: a lab's flow is a socket.
 */
export const multipathSysctls: Readonly<Record<string, string>> = {
  'net.ipv4.fib_multipath_hash_policy': '1',
  'net.ipv6.fib_multipath_hash_policy': '1',
};
