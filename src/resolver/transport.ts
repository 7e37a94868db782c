/** What a query can come over; a label of metrics. */
export const transports = ['udp', 'tcp', 'dot', 'doh'] as const;
export type Transport = (typeof transports)[number];
