/** How long replies over UDP may be. */

/**
 * The largest UDP message sent, and the size we name in our own OPT record: what crosses an IPv6 link of the minimum
 * MTU of 1280 unfragmented, less the headers. Fragments can be forged (RFC 9715).
 */
export const udpPayloadSize = 1232;

/** RFC 1035 section 4.2.1: what a client without EDNS takes. */
export const plainUdpSize = 512;
