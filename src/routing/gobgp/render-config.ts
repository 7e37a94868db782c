/**
 * gobgpd.toml of a PoP: who we are, what may leave and come in, and one peer for each BGP session.
 *
 * Nothing leaves but a path that was given over gRPC, to exactly one of our prefixes, with ourselves as next hop. The same
 * holds for what gets into the table at all: a stranger's path is refused there already, and once more on the way out.
 * Whoever may open the API's socket may change these policies too: the socket's permissions are part of the guard.
 *
 * What GoBGP 3.10 lacks of what BIRD does here:
 * - BFD: a frozen neighbour, or a link that swallows packets, is noticed when the hold time is over; `bgp.bfd` is without
 *   effect, and the neighbour must not demand it. Three seconds are the least that RFC 4271 section 4.2 allows.
 * - RFC 9234 roles: a neighbour that requires one refuses the session.
 * - A limit on exported prefixes: the policies alone are the guard. There is a limit on imported ones.
 * - RPKI is left out: nothing but a default route is ever imported.
 *
 * It returns more slowly than BIRD: after a session ended it waits 5 s in Idle, and 5 to 10 s before it calls a neighbour,
 * neither of which can be set lower. So it listens as well: a neighbour that calls first is let in at once.
 */
import type { NeighbourConfig, PopSlice } from '../../config/anycast-config.ts';
import type { IpFamily } from '../../ip/address.ts';
import { hostPrefix, type IpPrefix, parseIpPrefix } from '../../ip/prefix.ts';
import { Fault } from '../../system/fault.ts';
import { fallbackSet } from './own-paths.ts';

const families: readonly IpFamily[] = [4, 6];

/** Seconds; GoBGP knows no less. */
const connectRetrySeconds = 5;

/**
 * More than this from a neighbour ends the session. GoBGP keeps in memory even what it refuses: a peer's own routes fit,
 * a full table (a million) sent by mistake does not.
 */
const importLimit = 10_000;

type Session = NeighbourConfig['sessions'][number];

/** The text may hold a password: the file is for its owner only. @throws Fault `config-invalid` for a password it cannot hold. */
export function renderGobgpConfig(slice: PopSlice): string {
  const { name, pop, config } = slice;
  const sessions = pop.neighbours.flatMap(neighbour => neighbour.sessions);
  return [
    `# PoP ${name}: who we are and whom we speak to. Made from anycast.yaml when the sidecar starts; change it there.`,
    '[global.config]',
    setting('as', config.service.asn),
    setting('router-id', pop.routerId.text),
    '  # The addresses of the sessions, and never the service address.',
    setting('port', 179),
    `  local-address-list = [${sessions.map(({ local }) => quoted(local.text)).join(', ')}]`,
    '',
    '[global.apply-policy.config]',
    '  import-policy-list = ["may-enter"]',
    setting('default-import-policy', 'reject-route'),
    '  export-policy-list = ["may-leave"]',
    setting('default-export-policy', 'reject-route'),
    '',
    ...prefixSets(slice),
    ...policies(slice),
    ...pop.neighbours.flatMap(neighbour => neighbour.sessions.flatMap(each => peer(neighbour, each, slice))),
  ].join('\n');
}

/** The sets that are not empty, by name: GoBGP takes an empty one for a mistake. */
function ownSets({ config: { service } }: PopSlice): [string, readonly IpPrefix[]][] {
  const hosts = service.addresses.map(hostPrefix);
  const sets = families.flatMap((family): [string, readonly IpPrefix[]][] => [
    [`service${family}`, hosts.filter(prefix => prefix.family === family)],
    [fallbackSet(family), service.fallback.filter(prefix => prefix.family === family)],
  ]);
  return sets.filter(([, prefixes]) => prefixes.length > 0);
}

function defaultSets({ config: { bgp } }: PopSlice): [string, readonly IpPrefix[]][] {
  if (bgp.import === 'none') return [];
  return ['0.0.0.0/0', '::/0'].flatMap((text, index) => {
    const prefix = parseIpPrefix(text);
    return prefix ? [[`default${families[index]}`, [prefix]]] : [];
  });
}

/** Without a `masklength-range` a prefix matches itself, and nothing longer or shorter. */
function prefixSets(slice: PopSlice): string[] {
  return [...ownSets(slice), ...defaultSets(slice)].flatMap(([name, prefixes]) => [
    '[[defined-sets.prefix-sets]]',
    setting('prefix-set-name', name),
    ...prefixes.flatMap(({ text }) => [
      '  [[defined-sets.prefix-sets.prefix-list]]',
      `  ${setting('ip-prefix', text)}`,
    ]),
    '',
  ]);
}

function policies(slice: PopSlice): string[] {
  const own = ownSets(slice).map(([set]) => set);
  return [
    '[[policy-definitions]]',
    setting('name', 'may-enter'),
    ...own.flatMap(set => statement({ name: `enter-${set}`, set, routeType: 'local' })),
    ...defaultSets(slice).flatMap(([set]) => statement({ name: `enter-${set}`, set, routeType: 'external' })),
    '',
    '[[policy-definitions]]',
    setting('name', 'may-leave'),
    ...own.flatMap(set => [
      ...statement({ name: `leave-${set}`, set, routeType: 'local' }),
      '    [policy-definitions.statements.actions.bgp-actions]',
      '      set-next-hop = "self"',
    ]),
    '',
  ];
}

interface Statement {
  readonly name: string;
  readonly set: string;
  /** Whether the path came over gRPC or from a neighbour. */
  readonly routeType: 'local' | 'external';
}

function statement({ name, set, routeType }: Statement): string[] {
  return [
    '  [[policy-definitions.statements]]',
    `  ${setting('name', name)}`,
    '    [policy-definitions.statements.conditions.match-prefix-set]',
    `    ${setting('prefix-set', set)}`,
    '    [policy-definitions.statements.conditions.bgp-conditions]',
    `    ${setting('route-type', routeType)}`,
    '    [policy-definitions.statements.actions]',
    `    ${setting('route-disposition', 'accept-route')}`,
  ];
}

function peer(neighbour: NeighbourConfig, { local, remote }: Session, { config }: PopSlice): string[] {
  const holdSeconds = Math.ceil(config.bgp.holdTime / 1000);
  return [
    '[[neighbors]]',
    '  [neighbors.config]',
    `  ${setting('neighbor-address', remote.text)}`,
    `  ${setting('peer-as', neighbour.asn)}`,
    `  ${setting('description', neighbour.name)}`,
    ...(neighbour.password === undefined ? [] : [`    auth-password = ${passwordText(neighbour)}`]),
    '  [neighbors.transport.config]',
    `  ${setting('local-address', local.text)}`,
    '  [neighbors.timers.config]',
    `  ${setting('hold-time', holdSeconds)}`,
    `  ${setting('keepalive-interval', Math.floor(holdSeconds / 3))}`,
    `  ${setting('connect-retry', connectRetrySeconds)}`,
    ...(neighbour.ttlSecurity
      ? ['  [neighbors.ttl-security.config]', '    enabled = true', '    ttl-min = 255']
      : []),
    '  # A helper that keeps the routes of a dead PoP keeps its clients in a black hole.',
    '  [neighbors.graceful-restart.config]',
    '    enabled = false',
    '  [[neighbors.afi-safis]]',
    '    [neighbors.afi-safis.config]',
    `    ${setting('afi-safi-name', `ipv${remote.family}-unicast`)}`,
    '    [neighbors.afi-safis.prefix-limit.config]',
    `    ${setting('max-prefixes', importLimit)}`,
    '    [neighbors.afi-safis.long-lived-graceful-restart.config]',
    '      enabled = false',
    '',
  ];
}

function setting(key: string, value: string | number): string {
  return `  ${key} = ${typeof value === 'number' ? value : quoted(value)}`;
}

/** A TOML basic string has the escapes of JSON. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function passwordText({ name, password = '' }: NeighbourConfig): string {
  if (!/\p{Cc}/u.test(password)) return quoted(password);
  throw new Fault('config-invalid', `the password of neighbour ${name} holds a control character`, {
    hint: 'agree on another one with the neighbour: few routers can be told such a password',
  });
}
