/** The policies of the stage `names`, in their order, over a rest of the pipeline that the test writes. */

import { popOf } from '../../../src/config/load-config.ts';
import type { Message, Question } from '../../../src/dns/message.ts';
import { readExtendedErrors } from '../../../src/dns/options/extended-error.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { formatRecord } from '../../../src/dns/record-text.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { createCounters } from '../../../src/resolver/counters.ts';
import type { NameCounters } from '../../../src/resolver/names/name-counters.ts';
import { type Names, openNames } from '../../../src/resolver/names/names.ts';
import { policies } from '../../../src/resolver/pipeline.ts';
import type { ClientQuery, Next, Outcome, PolicyServices } from '../../../src/resolver/policy.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { edns, query, question, type TypeName } from '../messages.ts';
import { testDeployment } from '../test-deployment.ts';
import { testBudget } from '../work-budgets.ts';

export interface NamesUnderTest extends AsyncDisposable {
  readonly counters: NameCounters;
  readonly names: Names;
  readonly clock: FakeClock;
  /** Text of the service address. */
  readonly service: string;
  /** The questions that came past the policies, as `name type`. */
  readonly passed: readonly Question[];
  ask(name: string, type?: TypeName, from?: AskedFrom): Promise<Reply>;
  askQuestion(asked: Question, from?: AskedFrom): Promise<Reply>;
}

export interface AskedFrom {
  readonly address?: string;
  readonly transport?: 'udp' | 'tcp';
  readonly dnssecOk?: boolean;
  readonly checkingDisabled?: boolean;
}

export interface NamesOptions {
  /** The keys of `resolver.names`, in YAML flow style. */
  readonly names?: string;
  /** Those of `resolver.transports`. */
  readonly transports?: string;
  readonly forward?: Readonly<Record<string, readonly number[]>>;
  readonly pop?: string;
  /** Everything behind the stage; NXDOMAIN for all by default. */
  readonly behind?: (asked: Question, query: ClientQuery) => Outcome;
}

export async function openNamesUnderTest(options: NamesOptions = {}): Promise<NamesUnderTest> {
  const { slice, service } = testDeployment({
    resolver: [`names: { ${options.names ?? ''} }`, `transports: { ${options.transports ?? ''} }`],
    ...(options.forward && { forward: options.forward }),
  });
  const clock = fakeClock(1_750_000_000_000);
  const log = createLog('resolver', 'fra', 'silent');
  const names = await openNames({ config: slice.config.resolver.names, clock, log });
  // The policies of this stage look at these of the services, and at no others.
  const services = { names, clock, counters: createCounters(), cache: new AnswerCache(65_536) };
  const passed: Question[] = [];
  const behind: Next = asked => {
    passed.push(asked.question);
    return options.behind?.(asked.question, asked) ?? emptyReply(rcodes.NXDOMAIN);
  };
  const pipeline = policies
    .filter(policy => policy.stage === 'names')
    .map(policy =>
      policy.create(popOf(slice.config, options.pop ?? 'fra'), services as unknown as PolicyServices),
    )
    .reduceRight<Next>((next, handler) => each => handler(each, next), behind);
  const askQuestion = async (asked: Question, from: AskedFrom = {}): Promise<Reply> => {
    const client = {
      transport: from.transport ?? 'udp',
      address: from.address ?? '198.18.0.1',
      local: { text: '203.0.113.53', family: 4, kind: 'service' },
    } as const;
    const isAddressProven = from.transport === 'tcp';
    const message = messageFor(asked, from);
    return await pipeline({
      message,
      question: asked,
      client,
      isAddressProven,
      cookie: 'absent',
      budget: testBudget(),
    });
  };
  return {
    counters: names.counters,
    names,
    clock,
    service,
    passed,
    askQuestion,
    ask: (name, type, from) => askQuestion(question(name, type), from),
    [Symbol.asyncDispose]: () => names[Symbol.asyncDispose](),
  };
}

function messageFor(asked: Question, { dnssecOk = false, checkingDisabled = false }: AskedFrom): Message {
  const plain = query('.', 'A', { questions: [asked], edns: edns({ dnssecOk }) });
  return { ...plain, flags: { ...plain.flags, cd: checkingDisabled } };
}

/** `name TTL IN TYPE data`, one a record. */
export function answersOf(reply: Reply): string[] {
  return reply.answers.map(formatRecord);
}

/** `NOERROR`, and after it how much there is in each section. */
export function shapeOf({ rcode, answers, authorities }: Reply): string {
  const name = Object.entries(rcodes).find(([, value]) => value === rcode)?.[0] ?? String(rcode);
  return `${name} ${answers.length} ${authorities.length}`;
}

/** The codes of the reply's extended errors. */
export function errorsOf({ options }: Reply): number[] {
  return readExtendedErrors(edns({ options })).map(({ infoCode }) => infoCode);
}
