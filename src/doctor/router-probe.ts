/**
 * The contract of a router as the doctor looks at it: which program it is, which versions are known, what it says.
 *
 * `look` is called at most once in an examination of a host, and only asks; it throws Fault `unreachable` when no router
 * answers in this folder, and the operating system's error when this user may not ask it.
 */
import type { PopSlice } from '../config/anycast-config.ts';
import type { IpFamily } from '../ip/address.ts';

export interface RouterProbe {
  /** `driver` of a PoP in anycast.yaml. */
  readonly kind: string;
  /** The router's program, and what makes it print its version. */
  readonly program: string;
  readonly versionArguments: readonly string[];
  /** The package that Debian has it in. */
  readonly debianPackage: string;
  /** The oldest version that can do what the kit asks of it, and the major versions it was tested with. */
  readonly oldest: string;
  readonly testedMajors: readonly number[];
  /** The control socket in this run directory, where it has one there. */
  controlSocket(runDirectory: string): string;
  look(slice: PopSlice, runDirectory: string, signal: AbortSignal): Promise<SeenRouter>;
  /** A command that shows an operator everything about one session. */
  showSession(session: SeenSession, runDirectory: string): string;
}

export interface SeenRouter {
  /** Of the process that runs, which may be older than the program on disk. */
  readonly version?: string;
  readonly sessions: readonly SeenSession[];
}

export interface SeenSession {
  /** The neighbour's name in anycast.yaml. */
  readonly neighbour: string;
  readonly family: IpFamily;
  /** The router's own name of the session. */
  readonly id: string;
  readonly isEstablished: boolean;
  /** The router's own word for its state. */
  readonly detail: string;
  /** Seconds, as both sides agreed; undefined until they have. */
  readonly holdSeconds?: number;
  /** `none` when the router runs no BFD towards this neighbour. */
  readonly bfd: 'up' | 'down' | 'none';
  /** Milliseconds of silence after which BFD gives the neighbour up, as both sides agreed; while it is up. */
  readonly bfdTimeoutMs?: number;
  readonly restart: {
    /** What our router told the neighbour; `seconds` is how long the neighbour would keep our routes without us. */
    readonly ours: RestartCapability;
    readonly neighbours: RestartCapability;
  };
}

/** Graceful restart (RFC 4724) and its long-lived form (RFC 9494), as one side of a session advertised them. */
export interface RestartCapability {
  /** Undefined when not advertised, 0 when it only promises to help the other side. */
  readonly seconds?: number;
  readonly longLived: boolean;
}
