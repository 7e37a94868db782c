/** The files of a certificate and its key: read, checked against each other, and compared with what they were. */
import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../../system/clock.ts';

export interface CertificateFiles {
  /** PEM, the chain, leaf first. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

/** What TLS servers are given. */
export interface Credentials {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ticketKeys: Buffer;
}

export interface LoadedCertificate {
  readonly credentials: Credentials;
  readonly leaf: X509Certificate;
}

/** Node: two halves of a name, an HMAC key and an AES key. */
const ticketKeysOctets = 48;

export function newTicketKeys(): Buffer {
  return randomBytes(ticketKeysOctets);
}

/** Changes when either file does, or what it is a link to. */
export async function stampOf({ certificate, key }: CertificateFiles): Promise<string> {
  const stamps = [certificate, key].map(path =>
    stat(path).then(
      ({ ino, size, mtimeMs, ctimeMs }) => `${ino} ${size} ${mtimeMs} ${ctimeMs}`,
      () => 'absent',
    ),
  );
  return (await Promise.all(stamps)).join(', ');
}

/** @throws When a file cannot be read, is no PEM, or the key is another's. */
export async function loadCertificate({ certificate, key }: CertificateFiles): Promise<LoadedCertificate> {
  const [certPem, keyPem] = await Promise.all([readFile(certificate), readFile(key)]);
  // Checks all that a handshake would stumble over, the whole chain and the key that must be the leaf's.
  createSecureContext({ cert: certPem, key: keyPem });
  const credentials = { cert: certPem, key: keyPem, ticketKeys: newTicketKeys() };
  return { credentials, leaf: new X509Certificate(certPem) };
}

export function isOver({ leaf }: LoadedCertificate, clock: Clock): boolean {
  return leaf.validToDate.getTime() <= clock.wallMs();
}
