/**
 * Asks the service addresses as a client does, over each transport: who are you (CH TXT id.server), and whatever
 * questions the configuration adds.
 *
 * The identity is asked first of all because the answer of another PoP must never count as ours: when the service
 * address is missing from `lo`, the routing system carries our own question to a neighbour, who answers it well. The
 * latency budget is the check's timeout. Extra questions should have names that are known locally: whether the rest of
 * the world can be reached is not a local fault.
 */
import type { Packet } from 'dns2';
import { z } from 'zod';
import { rcodeName, rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { parseIpAddress } from '../../ip/address.ts';
import { failureVerdict } from '../ask-failure.ts';
import { type Answer, ask, type Question, type Server } from '../dns-client.ts';
import { questionTypeKey, rcodeKey, withoutFinalDot } from '../dns-question-keys.ts';
import { worstOf } from '../every-address.ts';
import { type CheckContext, defineHealthCheck, type Verdict } from '../health-check.ts';

const questionSchema = z.strictObject({
  name: z.string().min(1).max(255),
  type: questionTypeKey.default('A'),
  class: z.enum(['IN', 'CH']).default('IN'),
  rcode: rcodeKey.prefault('NOERROR'),
  /** One record of the answer must read so. */
  answer: z.string().optional(),
});

const options = z.strictObject({
  transports: z
    .array(z.enum(['udp', 'tcp']))
    .min(1)
    .default(['udp', 'tcp']),
  // Each is asked at every address over every transport, several times a second.
  questions: z.array(questionSchema).max(8).default([]),
});

export type DnsCheckOptions = z.output<typeof options>;

export const dnsCheck = defineHealthCheck<DnsCheckOptions>({
  kind: 'dns',
  faultClass: 'local-soft',
  options,
  async probe({ transports, questions }, context) {
    const expectations = [identityOf(context.pop), ...questions.map(expectationOf)];
    const asked = context.serviceAddresses.flatMap(address =>
      transports.flatMap(transport =>
        expectations.map(expected =>
          judge(expected, { address, port: context.servicePort, transport }, context),
        ),
      ),
    );
    return await worstOf(asked, context);
  },
});

/** A question and what makes a reply to it right. */
interface Expectation {
  readonly question: Question;
  /** Why the reply is wrong, if it is. */
  complaintOf(reply: Packet): string | undefined;
}

/** RFC 4892: the server's own name, as a CH TXT record. */
function identityOf(pop: string): Expectation {
  return {
    question: { name: 'id.server', type: 'TXT', class: recordClasses.CH },
    complaintOf(reply) {
      if (reply.header.rcode !== rcodes.NOERROR) return `id.server: ${rcodeName(reply.header.rcode)}`;
      const names = reply.answers.map(dataText);
      if (names.includes(pop)) return undefined;
      return names.length === 0
        ? 'id.server: no answer record'
        : `${names.join(', ')} answered, not ${pop}: is the service address on lo?`;
    },
  };
}

function expectationOf(expected: DnsCheckOptions['questions'][number]): Expectation {
  const name = withoutFinalDot(expected.name);
  const label = `${expected.name} ${expected.type}`;
  return {
    question: { name, type: expected.type, class: recordClasses[expected.class] },
    complaintOf({ header, answers }) {
      if (header.rcode !== expected.rcode)
        return `${label}: ${rcodeName(header.rcode)}, not ${rcodeName(expected.rcode)}`;
      // A truncated reply says: ask over TCP, where the answer is compared.
      if (expected.answer === undefined || header.tc === 1) return undefined;
      const wanted = canonical(expected.answer);
      return answers.some(answer => dataText(answer) === wanted)
        ? undefined
        : `${label}: '${answers.map(dataText).join(', ')}', not '${wanted}'`;
    },
  };
}

async function judge(
  { question, complaintOf }: Expectation,
  server: Server,
  { signal, timeoutMs }: CheckContext,
): Promise<Verdict> {
  const answer = await ask(question, server, { signal, timeoutMs });
  const where = `${server.transport} ${server.address.text}`;
  return verdictOf(answer, where, complaintOf);
}

function verdictOf(answer: Answer, where: string, complaintOf: Expectation['complaintOf']): Verdict {
  switch (answer.kind) {
    case 'not-asked':
    case 'failed':
      return failureVerdict(answer, where);
    case 'reply': {
      const complaint = complaintOf(answer.packet);
      return complaint === undefined
        ? { kind: 'healthy' }
        : { kind: 'unhealthy', reason: `${where}: ${complaint}` };
    }
    default:
      return answer satisfies never;
  }
}

/** A record's data as one text, for the types of `questionSchema`. */
function dataText({ address, domain, ns, primary, data }: Packet['answers'][number]): string {
  if (Array.isArray(data)) return data.join('');
  return canonical(address ?? domain ?? ns ?? primary ?? '');
}

/** Addresses and names have many spellings; other text has one. */
function canonical(text: string): string {
  const address = parseIpAddress(text);
  return address ? address.text : withoutFinalDot(text).toLowerCase();
}
