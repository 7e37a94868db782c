/**
 * A check made of other checks: its members run side by side, and their verdicts make one (`combine-verdicts.ts`).
 *
 * Members are probed kinds: what is pushed has no answer at the moment of asking. The verdict is given as soon as it is
 * decided, so that one member that hangs does not hold up `any`; who has not answered shortly before the composite's own
 * time is up has failed, which leaves time to say so. No member outlives its round.
 *
 * As one member's fault is the composite's, its class is the one configured with `class`; a mixture of local and shared
 * members has no class that fits both.
 */
import { z } from 'zod';
import { checkSchema } from '../config/anycast-config.ts';
import { explainIssue } from '../config/explain-issue.ts';
import { nodeNameKey } from '../config/keys.ts';
import { suggestion } from '../config/nearest.ts';
import { ended } from '../system/ended.ts';
import { describeError } from '../system/fault.ts';
import { combineVerdicts } from './combine-verdicts.ts';
import { type CheckContext, defineHealthCheck, type HealthCheck, type Verdict } from './health-check.ts';
import { sleepLived } from './lived-time.ts';

export interface Member {
  readonly kind: string;
  /** Parsed by the schema of that kind. */
  readonly options: unknown;
}

interface CompositeOptions {
  readonly of: Readonly<Record<string, Member>>;
}

/** All registered checks; asked for when needed, because the composites are among them. */
// biome-ignore lint/suspicious/noExplicitAny: each check is typed by its own options, as in the registry.
export type KnownChecks = () => readonly HealthCheck<any>[];

export interface CompositeDefinition<Options extends CompositeOptions> {
  readonly kind: string;
  readonly options: z.ZodType<Options>;
  readonly known: KnownChecks;
  /** How many members must be healthy. */
  need(options: Options): number;
}

/** Members probed side by side; each is asked over the wire or starts a program. */
const mostMembers = 16;

/** The part of the composite's time that its members have. */
const membersShare = 0.9;

export function defineComposite<Options extends CompositeOptions>({
  kind,
  options,
  known,
  need,
}: CompositeDefinition<Options>): HealthCheck<Options> {
  return defineHealthCheck<Options>({
    kind,
    faultClass: 'local-soft',
    options,
    probe: (configured, context) =>
      combined(configured, need(configured), context, {
        ask: (member, inner) => checkOf(known, member).probe?.(member.options, inner),
        // As the schedule has it: what comes with the end of the time came too late, however good it is.
        late: verdict =>
          verdict.kind === 'unhealthy' ? verdict : { kind: 'unhealthy', reason: 'no answer in time' },
      }),
    probePeer: (configured, peer, context) =>
      combined(configured, need(configured), context, {
        ask: (member, inner) => checkOf(known, member).probePeer?.(member.options, peer, inner),
        // A peer's silence proves nothing, and its word is a word whenever it comes.
        late: verdict => verdict,
      }),
  });
}

/** The key `of`: members by name, each with its `kind` and that kind's own keys. */
export function membersKey(known: KnownChecks): z.ZodType<CompositeOptions['of']> {
  const member = z.looseObject({ kind: z.string() }).transform(({ kind, ...own }, context): Member => {
    const add = (path: readonly PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message });
    const probed = known().filter(({ probe }) => probe !== undefined);
    const check = probed.find(each => each.kind === kind);
    if (!check) {
      add(['kind'], kindComplaint(kind, known));
      return z.NEVER;
    }
    const common = Object.keys(own).filter(key => Object.hasOwn(checkSchema.shape, key));
    for (const key of common) add([key], `a member has no ${key} of its own: it is the composite's`);
    const theirs = Object.fromEntries(Object.entries(own).filter(([key]) => !common.includes(key)));
    const parsed = check.options.safeParse(theirs);
    if (parsed.success) return { kind, options: parsed.data };
    for (const issue of parsed.error.issues)
      for (const { path, message } of explainIssue(issue, check.options, ['kind'])) add(path, message);
    return z.NEVER;
  });
  return z
    .record(nodeNameKey, member)
    .refine(of => Object.keys(of).length > 0, 'name at least one member')
    .refine(of => Object.keys(of).length <= mostMembers, `at most ${mostMembers} members, please`);
}

function kindComplaint(kind: string, known: KnownChecks): string {
  const probed = known().filter(({ probe }) => probe !== undefined);
  const kinds = probed.map(check => check.kind);
  return known().some(check => check.kind === kind)
    ? `'${kind}' cannot be a member: it is not asked but tells by itself; those that are asked: ${kinds.join(', ')}`
    : `unknown check '${kind}': ${suggestion(kind, kinds)}`;
}

function checkOf(known: KnownChecks, { kind }: Member): HealthCheck {
  const check = known().find(each => each.kind === kind);
  if (!check) throw new Error(`no check of kind ${kind}`);
  return check;
}

/** The question that is put to members. */
interface Round {
  /** Undefined where the member's kind has no such question. */
  ask(member: Member, context: CheckContext): Promise<Verdict> | undefined;
  /** What a verdict counts for that came when time was up. */
  late(verdict: Verdict): Verdict;
}

async function combined(
  { of }: CompositeOptions,
  need: number,
  context: CheckContext,
  round: Round,
): Promise<Verdict> {
  const { signal } = context;
  const timeoutMs = context.timeoutMs * membersShare;
  const said = new Map<string, Verdict>();
  const sum = (): Verdict =>
    combineVerdicts(
      need,
      Object.keys(of).map(name => [name, said.get(name)]),
    );
  const over = new AbortController();
  const stop = (): void => over.abort(ended);
  let isDecided = false;
  const take = (name: string, verdict: Verdict): void => {
    // A member that was cut short because the others had decided has nothing to add.
    if (isDecided) return;
    said.set(name, over.signal.aborted ? round.late(verdict) : verdict);
    isDecided = !over.signal.aborted && sum().kind !== 'unknown';
    if (isDecided) stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  // Cancelled with the round, which is when it rejects.
  sleepLived(timeoutMs, context, over.signal).then(stop, () => undefined);
  try {
    const inner = { ...context, signal: over.signal, timeoutMs };
    await Promise.all(
      Object.entries(of).map(async ([name, member]) => take(name, await verdictOf(member, inner, round))),
    );
    return sum();
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

async function verdictOf(member: Member, context: CheckContext, { ask }: Round): Promise<Verdict> {
  try {
    return (
      (await ask(member, context)) ?? {
        kind: 'unknown',
        reason: `the check '${member.kind}' cannot be asked of another PoP`,
      }
    );
  } catch (error) {
    return { kind: 'unknown', reason: describeError(error) };
  }
}
