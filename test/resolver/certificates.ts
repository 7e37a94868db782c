/** Certificates that a test makes for itself with openssl: nothing of them is ever committed. */
import { join } from 'node:path';
import { runOrThrow } from '../../src/system/run.ts';

export interface TestCertificate {
  /** Paths of PEM files. The certificate is its own authority. */
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly commonName?: string;
  /** Days from now on that it is valid. */
  readonly days?: number;
}

/** Makes `<name>.pem` and `<name>.key` in the folder, for dns.example and 127.0.0.1, in the place of what is there. */
export async function makeCertificate(
  folder: string,
  name = 'tls',
  { commonName = 'dns.example', days = 30 }: CertificateOptions = {},
): Promise<TestCertificate> {
  const made = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  await runOrThrow([
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-batch',
    '-days',
    String(days),
    '-subj',
    `/CN=${commonName}`,
    '-addext',
    `subjectAltName=DNS:${commonName},IP:127.0.0.1`,
    '-keyout',
    made.key,
    '-out',
    made.certificate,
  ]);
  return made;
}
