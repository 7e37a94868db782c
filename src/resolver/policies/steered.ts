/**
 * Answers the names of `names.steered` with addresses chosen by PoP and by the client's network (global server load balancing
 * where the resolver itself is near its clients). The first rule that fits decides, else the default. A name has addresses
 * and nothing else: other types, and a family of which the chosen rule has none, are denied.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { NamesConfig } from '../../config/resolver/names.ts';
import { nameKey } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import type { Rdata } from '../../dns/rdata/record-data.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { IpAddress } from '../../ip/address.ts';
import { type IpPrefix, prefixContains } from '../../ip/prefix.ts';
import { clientOctets } from '../names/client-octets.ts';
import { type Policy, passThrough } from '../policy.ts';
import { emptyReply } from '../reply.ts';

/** What this PoP answers. */
interface SteeredName {
  readonly ttl: number;
  /** In order; the last is for everyone. */
  readonly choices: readonly Choice[];
}

interface Choice {
  /** Absent: every client. */
  readonly clients?: readonly IpPrefix[];
  readonly rdatas: ReadonlyMap<number, readonly Rdata[]>;
}

export const steered: Policy = {
  name: 'steered',
  stage: 'names',
  create: (slice, { names: { counters } }) => {
    const byName = steeredNames(slice);
    if (byName.size === 0) return passThrough;
    return (query, next) => {
      const { name, type, class: qclass } = query.question;
      const found = qclass === recordClasses.IN ? byName.get(nameKey(name)) : undefined;
      if (!found) return next(query);
      counters.steered += 1;
      const rdatas = chosen(found.choices, query.client.address)?.rdatas.get(type) ?? [];
      const answers = rdatas.map(rdata => ({ name, type, class: recordClasses.IN, ttl: found.ttl, rdata }));
      return { ...emptyReply(rcodes.NOERROR), authoritative: true, answers };
    };
  },
};

function steeredNames({ name: pop, config }: PopSlice): ReadonlyMap<string, SteeredName> {
  return new Map(
    config.resolver.names.steered.map(entry => [
      nameKey(entry.name),
      { ttl: entry.ttl, choices: choicesAt(pop, entry) },
    ]),
  );
}

/** The rules that can fit at this PoP. */
function choicesAt(pop: string, entry: NamesConfig['steered'][number]): Choice[] {
  const rules = entry.rules.filter(({ pops }) => !pops || pops.includes(pop));
  return [
    ...rules.map(({ clients, addresses }) => ({ ...(clients && { clients }), rdatas: byType(addresses) })),
    { rdatas: byType(entry.default) },
  ];
}

function byType(addresses: readonly IpAddress[]): ReadonlyMap<number, readonly Rdata[]> {
  const of = (family: 4 | 6) => addresses.filter(address => address.family === family);
  return new Map<number, readonly Rdata[]>([
    [recordTypes.A, of(4).map(({ octets }) => ({ kind: 'A', address: octets }))],
    [recordTypes.AAAA, of(6).map(({ octets }) => ({ kind: 'AAAA', address: octets }))],
  ]);
}

function chosen(choices: readonly Choice[], address: string): Choice | undefined {
  let octets: Uint8Array | undefined;
  for (const choice of choices) {
    if (!choice.clients) return choice;
    octets ??= clientOctets(address);
    const client = octets;
    if (choice.clients.some(prefix => prefixContains(prefix, client))) return choice;
  }
  return undefined;
}
