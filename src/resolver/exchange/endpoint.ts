/** A server as the transports see it: where it is, and which address of ours asks it. */
import type { IpAddress } from '../../ip/address.ts';

export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
  /** The management address of its family. */
  readonly source: IpAddress;
}

/** A map key. */
export function endpointKey({ address, port }: Endpoint): string {
  return port === 53 ? address.text : `${address.text}#${port}`;
}

/** Something that was sent, and the wait for what comes of it. */
export interface Wait<Outcome> {
  /** Undefined when it was ended. */
  readonly outcome: Promise<Outcome | undefined>;
  /** Waits no longer. */
  end(): void;
}
