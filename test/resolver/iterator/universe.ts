/** A small Internet of scripted name servers on loopback, and a resolver that knows nothing but its root. */
import { randomInt } from 'node:crypto';
import type { Message, ResourceRecord } from '../../../src/dns/message.ts';
import { equalNames, isSubdomain, type Name } from '../../../src/dns/name.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { type Clock, systemClock } from '../../../src/system/clock.ts';
import { name, ns, soa } from '../messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream, type UpstreamCall } from '../scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { type Dug, openTestResolver, type TestResolver } from '../test-resolver.ts';

/** What one server has: delegations by name, and the records of its zone. */
export interface ServedZone {
  readonly origin: string;
  readonly records: readonly ResourceRecord[];
  /** Child zone to its NS records and glue. */
  readonly delegations?: Readonly<
    Record<string, { ns: readonly string[]; glue?: readonly ResourceRecord[] }>
  >;
}

/** An authoritative server that does as RFC 1034 section 4.3.2 says, or as `script` does in its place. */
export type ServerScript = ServedZone | ((call: UpstreamCall) => void);

export interface Universe extends AsyncDisposable {
  readonly deployment: TestDeployment;
  readonly resolver: TestResolver;
  readonly dig: TestResolver['dig'];
  /** By the last octet of the address. */
  readonly servers: Readonly<Record<number, ScriptedUpstream>>;
  /** Messages that all servers have got. */
  readonly sent: () => number;
  /** A number of the metrics page, 0 where there is none: name, labels and all. */
  readonly metric: (series: string) => Promise<number>;
}

export interface UniverseOptions {
  /** The root's server is 10. Told the text of an address by its last octet. */
  readonly servers: (at: (octet: number) => string) => Readonly<Record<number, ServerScript>>;
  readonly resolver?: readonly string[];
  readonly recursion?: readonly string[];
  /** Zones and the numbers of their upstreams, which the test opens at `deployment.upstreams`. */
  readonly forward?: Readonly<Record<string, readonly number[]>>;
  /** The resolver's; the system's unless told. */
  readonly clock?: Clock;
}

export async function openUniverse({
  servers,
  resolver = [],
  recursion = [],
  forward = {},
  clock = systemClock,
}: UniverseOptions): Promise<Universe> {
  await using parts = new AsyncDisposableStack();
  const network = `127.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const at = (octet: number): string => `${network}.${octet}`;
  const keys = [
    `rootHints: [{ name: a.root.test., addresses: [${at(10)}] }]`,
    'allowQuery: [127.0.0.0/8]',
    ...(recursion.some(key => key.startsWith('priming')) ? [] : ['priming: false']),
    ...recursion,
  ];
  const deployment = testDeployment({
    forward,
    resolver: [`recursion: { ${keys.join(', ')} }`, ...resolver],
  });
  const opened: Record<number, ScriptedUpstream> = {};
  for (const [octet, script] of Object.entries(servers(at))) {
    const run =
      typeof script === 'function' ? script : (call: UpstreamCall) => call.send(serve(script, call.query));
    opened[Number(octet)] = parts.use(await openUpstream(at(Number(octet)), deployment.upstreamPort, run));
  }
  const test = parts.use(await openTestResolver(deployment, { clock }));
  const moved = parts.move();
  return {
    deployment,
    resolver: test,
    dig: async (...args) => asFresh(await test.dig(...args)),
    servers: opened,
    metric: async series => {
      const page = await fetch(`http://${deployment.management}:${deployment.telemetryPort}/metrics`);
      const line = (await page.text()).split('\n').find(text => text.startsWith(`${series} `));
      return Number(line?.slice(series.length + 1) ?? 0);
    },
    sent: () => Object.values(opened).reduce((sum, { calls }) => sum + calls.length, 0),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** TTLs of 300 s as they were told: a second may have passed while the test went on. */
function asFresh(dug: Dug): Dug {
  const fresh = (line: string): string => line.replace(/ 29[5-9] IN /, ' 300 IN ');
  return { ...dug, answers: dug.answers.map(fresh), authorities: dug.authorities.map(fresh) };
}

/** What an honest server of the zone answers. */
export function serve(zone: ServedZone, query: Message): Message {
  const [question] = query.questions;
  if (!question || !isSubdomain(question.name, name(zone.origin)))
    return replyTo(query, { rcode: rcodes.REFUSED });
  const child = delegationOf(zone, question.name, question.type);
  if (child) {
    const { ns: names, glue = [] } = child.delegation;
    const authorities = names.map(server => ns(child.zone, server));
    return replyTo(query, { flags: flags(query, false), authorities, additionals: glue });
  }
  const aa = flags(query, true);
  const answers = zone.records.filter(
    record =>
      equalNames(record.name, question.name) &&
      (record.type === question.type || record.type === recordTypes.CNAME),
  );
  if (answers.length > 0) return replyTo(query, { flags: aa, answers });
  const owners = [
    ...zone.records.map(record => record.name),
    ...Object.keys(zone.delegations ?? {}).map(child => name(child)),
  ];
  const exists = owners.some(owner => isSubdomain(owner, question.name));
  const rcode = exists || equalNames(question.name, name(zone.origin)) ? rcodes.NOERROR : rcodes.NXDOMAIN;
  return replyTo(query, { rcode, flags: aa, authorities: [soa(zone.origin)] });
}

function delegationOf(zone: ServedZone, at: Name, type: number) {
  for (const [child, delegation] of Object.entries(zone.delegations ?? {})) {
    const isOwnDs = type === recordTypes.DS && equalNames(at, name(child));
    if (isSubdomain(at, name(child)) && !isOwnDs) return { zone: child, delegation };
  }
  return undefined;
}

function flags({ flags: asked }: Message, aa: boolean): Message['flags'] {
  return { ...asked, qr: true, aa, ra: false };
}
