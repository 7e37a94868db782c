/** What an agent may send to `sidecar.sock`, read from JSON. */
import { Fault } from '../system/fault.ts';

type Raw = Readonly<Record<string, unknown>>;

export interface RenewArguments {
  readonly pop: string;
  /** In the agent's own process namespace: for people to read. */
  readonly pid: number;
  /** One life of one agent. */
  readonly agent: string;
  /** The sidecar and the term that the agent has last heard of. */
  readonly known: { readonly sidecar: string; readonly term: number } | undefined;
}

export interface ReleaseArguments {
  readonly pop: string;
  readonly agent: string;
  readonly routes: 'withdraw' | 'keep';
}

/** @throws Fault `usage` */
export function renewArguments(args: Raw): RenewArguments {
  const known = args.known as Raw | undefined;
  return {
    pop: textOf(args, 'pop'),
    agent: textOf(args, 'agent'),
    pid: countOf(args, 'pid'),
    known: known ? { sidecar: textOf(known, 'sidecar'), term: countOf(known, 'term') } : undefined,
  };
}

/** @throws Fault `usage` */
export function releaseArguments(args: Raw): ReleaseArguments {
  const { routes } = args;
  if (routes !== 'withdraw' && routes !== 'keep') throw meaningless('routes');
  return { pop: textOf(args, 'pop'), agent: textOf(args, 'agent'), routes };
}

/** Long enough for every name; nobody makes the sidecar remember a book. */
const textLimit = 128;

function textOf(args: Raw, key: string): string {
  const value = args[key];
  if (typeof value === 'string' && value.length > 0 && value.length <= textLimit) return value;
  throw meaningless(key);
}

function countOf(args: Raw, key: string): number {
  const value = args[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw meaningless(key);
}

function meaningless(key: string): Fault {
  return new Fault('usage', `a lease request without a proper '${key}'`, {
    hint: 'agent and sidecar must be of one version',
  });
}
