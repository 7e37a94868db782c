/** How the certificate of a server over TLS is verified (RFC 8310 section 8.1). */
import type { ConnectionOptions } from 'node:tls';
import type { AskedServer } from './ask.ts';

export interface TlsOptions {
  /** What the certificate must be for, sent as SNI; the server's address when undefined. */
  readonly name: string | undefined;
  /** PEM; the system's authorities when undefined. */
  readonly authorities: Buffer | undefined;
  /** The certificate is not looked at. */
  readonly isInsecure: boolean;
}

export function tlsConnectionOptions({ address, port, tls }: AskedServer): ConnectionOptions {
  return {
    host: address.text,
    port,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !tls.isInsecure,
    // SNI cannot carry an address (RFC 6066 section 3); without a name Node verifies the host that it connects to.
    ...(tls.name !== undefined && { servername: tls.name }),
    ...(tls.authorities && { ca: tls.authorities }),
  };
}
