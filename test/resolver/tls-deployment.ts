/** A deployment of one PoP with DoT and DoH, and a certificate that its test has made. */
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeCertificate, type TestCertificate } from './certificates.ts';
import { type DeploymentOptions, type TestDeployment, testDeployment } from './test-deployment.ts';

/** High ports, had beside `resolver.port`, which tests choose below 30 000. */
export const dotPort = 30_853;
export const dohPort = 30_443;

export interface TlsDeployment extends AsyncDisposable {
  readonly deployment: TestDeployment;
  readonly files: TestCertificate;
  readonly folder: string;
}

export async function tlsDeployment(
  options: DeploymentOptions = {},
  transports: readonly string[] = [],
): Promise<TlsDeployment> {
  const folder = await temporaryFolder();
  const files = await makeCertificate(folder.path);
  const keys = [
    `tls: { certificate: ${files.certificate}, key: ${files.key} }`,
    `dot: { port: ${dotPort} }`,
    `doh: { port: ${dohPort} }`,
    ...transports,
  ];
  const resolver = [...(options.resolver ?? []), `transports: { ${keys.join(', ')} }`];
  return {
    deployment: testDeployment({ ...options, resolver }),
    files,
    folder: folder.path,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
