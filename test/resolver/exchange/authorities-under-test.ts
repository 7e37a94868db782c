/** The authorities, asking scripted servers on loopback addresses that no other test has. */
import { randomInt } from 'node:crypto';
import type { Message } from '../../../src/dns/message.ts';
import { type IpAddress, parseIpAddress } from '../../../src/ip/address.ts';
import {
  NetworkAuthorities,
  type NetworkAuthoritiesOptions,
} from '../../../src/resolver/exchange/network-authorities.ts';
import type { AuthorityAnswer, AuthorityRequest } from '../../../src/resolver/iterator/authorities.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { a, name, question, type TypeName } from '../messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream, type UpstreamCall } from '../scripted-upstream.ts';
import { testBudget } from '../work-budgets.ts';

export function ip(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (!address) throw new Error(`not an address: ${text}`);
  return address;
}

export interface AskOptions extends Partial<Omit<AuthorityRequest, 'question' | 'servers'>> {
  readonly type?: TypeName;
  /** Instead of all scripted servers. */
  readonly servers?: readonly string[];
}

export class TestAuthorities implements AsyncDisposable {
  readonly network = `127.${randomInt(1, 255)}.${randomInt(255)}`;
  readonly port = randomInt(10_000, 30_000);
  readonly servers: ScriptedUpstream[] = [];
  readonly #parts = new AsyncDisposableStack();
  readonly authorities: NetworkAuthorities;

  constructor(options: Partial<NetworkAuthoritiesOptions> = {}) {
    this.authorities = this.#parts.use(
      new NetworkAuthorities({
        clock: systemClock,
        sources: { 4: ip(this.source) },
        port: this.port,
        isRefused: () => false,
        caseRandomisation: true,
        ...options,
      }),
    );
  }

  /** The management address. */
  get source(): string {
    return `${this.network}.1`;
  }

  get counters() {
    return this.authorities.counters;
  }

  /** The address of server number `index`. */
  address(index: number): string {
    return `${this.network}.${101 + index}`;
  }

  /** Opens one server per script. */
  async serve(...scripts: readonly ((call: UpstreamCall) => void)[]): Promise<ScriptedUpstream[]> {
    for (const script of scripts) {
      const address = this.address(this.servers.length);
      this.servers.push(this.#parts.use(await openUpstream(address, this.port, script)));
    }
    return this.servers;
  }

  ask(text: string, options: AskOptions = {}): Promise<AuthorityAnswer | undefined> {
    const { type = 'A', servers, ...rest } = options;
    return this.authorities.ask({
      zone: name('test.'),
      servers: (servers ?? this.servers.map((_, index) => this.address(index))).map(ip),
      question: question(text, type),
      judge: () => 'useful',
      budget: testBudget(),
      signal: new AbortController().signal,
      ...rest,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}

/** Where the name asked for is said to be. */
export const rightAddress = '198.51.100.80';

export function rightAnswer(query: Message, fields: Partial<Message> = {}): Message {
  const [asked] = query.questions;
  if (!asked) throw new Error('a query without a question');
  return replyTo(query, { answers: [{ ...a('x.', rightAddress), name: asked.name }], ...fields });
}

/** Answers as it should. */
export function right({ query, send }: UpstreamCall): void {
  send(rightAnswer(query));
}

export function silent(): void {}

/** The text of the address that an answer gives. */
export function addressIn(answer: AuthorityAnswer | undefined): string | undefined {
  const rdata = answer?.message.answers[0]?.rdata;
  return rdata?.kind === 'A' ? rdata.address.join('.') : undefined;
}

/** The message with its question in small letters, as servers write that do not keep the case. */
export function lowered(message: Message): Message {
  const lower = (octets: Uint8Array): Uint8Array =>
    octets.map(octet => (octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet));
  return { ...message, questions: message.questions.map(each => ({ ...each, name: lower(each.name) })) };
}
