/** PROXY headers, version 2, as proxies write them. */
const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

export interface ProxyFields {
  /** 0x2 is version 2; 0 is LOCAL, 1 PROXY. */
  readonly versionAndCommand?: number;
  /** 0x11 TCP over IPv4, 0x12 UDP over IPv4, 0x21 and 0x22 the same over IPv6. */
  readonly familyAndProtocol?: number;
  /** Addresses, ports and TLVs. */
  readonly rest?: Uint8Array;
  /** Instead of the length of `rest`. */
  readonly length?: number;
}

export function proxyHeader({
  versionAndCommand = 0x21,
  familyAndProtocol = 0x11,
  rest = ipv4('198.18.0.1'),
  length = rest.length,
}: ProxyFields = {}): Buffer {
  return Buffer.concat([
    signature,
    Buffer.of(versionAndCommand, familyAndProtocol, length >> 8, length & 0xff),
    rest,
  ]);
}

/** From this address, port 4242, to 203.0.113.53 port 53. */
export function ipv4(source: string): Buffer {
  return Buffer.from([...source.split('.').map(Number), 203, 0, 113, 53, 4242 >> 8, 4242 & 0xff, 0, 53]);
}

/** From the address of these 16 octets, in hexadecimal, to 2001:db8:53::53. */
export function ipv6(source: string): Buffer {
  return Buffer.concat([
    Buffer.from(source, 'hex'),
    Buffer.from('20010db8005300000000000000000053', 'hex'),
    Buffer.of(0x10, 0x92, 0, 53),
  ]);
}
