/** What the kernel keeps at each UDP socket that clients' queries come to. */

/**
 * Octets the kernel may hold for us while nobody reads; it grants no more than net.core.rmem_max, unless we may exceed
 * it. At 1 KiB of kernel memory a query, 4 MiB is some 4000 queries, a tenth of a second at 40 000 a second.
 */
export const receiveBufferOctets = 4 * 1024 * 1024;

/**
 * Datagrams after which a socket that is ending is left, though more have arrived since: more than its buffer has room for.
 * The kernel doubles that, and counts no less than 768 octets for each.
 */
export const lastDatagrams = 12_000;
