/**
 * What ExaBGP and its healthcheck are told: the sessions, addresses and AS numbers that the PoP's own router has.
 *
 * For ExaBGP 4.2 of Debian 12. What had to be decided:
 * - `withdraw-on-down` always: without it healthcheck only raises the MED, which moves no client away from a customer's route.
 * - The check is one question to the IPv4 service address. `dig` alone exits with 0 when the answer is SERVFAIL; here an
 *   answer without an address is a failure, as is none within a second, the shortest wait that dig knows. Asking one family
 *   is cheaper than what the kit asks, which is in the contender's favour.
 * - `execute` notes each change of state in a file, by the shell itself: a program started for it would delay the
 *   withdrawal, which healthcheck sends after it.
 * - `respawn false`, so that a healthcheck that is told to end stays ended. User root, because the lab's namespace has no other.
 */
import type { AnycastConfig } from '../../../src/config/anycast-config.ts';
import type { IpFamily } from '../../../src/ip/address.ts';
import { hostPrefix } from '../../../src/ip/prefix.ts';
import type { FilePlan } from '../../../src/lab/plan.ts';
import { threeContinents } from '../../../src/lab/topologies/three-continents.ts';

/** Options of healthcheck by name; what is absent has its default. */
export type HealthcheckOptions = Readonly<Record<string, number>>;

export const exabgpPaths = (folder: string) => ({
  config: `${folder}/exabgp.conf`,
  pid: `${folder}/exabgp.pid`,
  healthcheck: `${folder}/healthcheck.conf`,
  healthcheckPid: `${folder}/healthcheck.pid`,
  check: `${folder}/check.sh`,
  /** A line for each change of healthcheck's state. */
  states: `${folder}/states`,
});

/** The argv that starts ExaBGP in the foreground, logging to standard output. */
export function exabgpArgv(folder: string): [string, ...string[]] {
  const { config, pid } = exabgpPaths(folder);
  const settings = ['exabgp.daemon.user=root', `exabgp.daemon.pid=${pid}`, 'exabgp.api.cli=false'];
  return ['env', ...settings, 'exabgp', config];
}

export function exabgpFiles(
  folder: string,
  options: HealthcheckOptions,
  { config, pop }: { readonly config: AnycastConfig; readonly pop: string },
): FilePlan[] {
  const paths = exabgpPaths(folder);
  return [
    { path: paths.config, text: exabgpConfig(paths.healthcheck, config, pop) },
    { path: paths.healthcheck, text: healthcheckConfig(folder, options, config) },
    { path: paths.check, text: checkScript(config) },
    { path: paths.states, text: '' },
  ];
}

function exabgpConfig(healthcheckPath: string, config: AnycastConfig, pop: string): string {
  const { service, bgp, pops } = config;
  const neighbours = (pops[pop]?.neighbours ?? []).flatMap(({ asn, sessions }) =>
    sessions.map(({ local, remote }) =>
      [
        `neighbor ${remote.text} {`,
        `  router-id ${pops[pop]?.routerId.text};`,
        `  local-address ${local.text};`,
        `  local-as ${service.asn};`,
        `  peer-as ${asn};`,
        `  hold-time ${Math.ceil(bgp.holdTime / 1000)};`,
        `  family { ipv${local.family} unicast; }`,
        '  api { processes [ watch ]; }',
        `  static {${fallbackRoutes(config, local.family)} }`,
        '}',
      ].join('\n'),
    ),
  );
  const watch = [
    'process watch {',
    // Debian's Python, which is the one that has Debian's ExaBGP.
    `  run /usr/bin/python3 -m exabgp healthcheck --config ${healthcheckPath};`,
    '  encoder text;',
    '  respawn false;',
    '}',
  ].join('\n');
  return `${[watch, ...neighbours].join('\n\n')}\n`;
}

/** The fallback prefixes, which stay whatever the health. */
function fallbackRoutes({ service }: AnycastConfig, family: IpFamily): string {
  return service.fallback
    .filter(prefix => prefix.family === family)
    .map(({ text }) => ` route ${text} next-hop self;`)
    .join('');
}

function healthcheckConfig(folder: string, options: HealthcheckOptions, { service }: AnycastConfig): string {
  const { check, healthcheckPid, states } = exabgpPaths(folder);
  return [
    'no-syslog',
    `pid = ${healthcheckPid}`,
    `command = sh ${check}`,
    ...service.addresses.map(address => `ip = ${hostPrefix(address).text}`),
    'withdraw-on-down',
    `execute = echo "$STATE" >>${states}`,
    ...Object.entries(options).map(([name, value]) => `${name} = ${value}`),
    '',
  ].join('\n');
}

function checkScript({ service }: AnycastConfig): string {
  const [address] = service.addresses;
  const name = threeContinents.readyName;
  return [
    `answer=$(dig +short +time=1 +tries=1 @${address?.text} ${name} A) || exit 1`,
    'test -n "$answer"',
    '',
  ].join('\n');
}
