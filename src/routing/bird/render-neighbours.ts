/** neighbours.conf of a PoP: one BIRD protocol for each BGP session and RPKI validator, made from the templates of bird.conf. */
import type { BgpConfig, NeighbourConfig, PopSlice } from '../../config/anycast-config.ts';
import { bfdBetween } from '../../config/bfd.ts';
import { Fault } from '../../system/fault.ts';
import { protocolName } from './session-name.ts';

/** The text may hold a password: the file is for its owner only. @throws Fault `config-invalid` for a password BIRD cannot read. */
export function renderNeighbours({ name, pop, config: { bgp } }: PopSlice): string {
  return [
    `# PoP ${name}: whom we speak to. Made from anycast.yaml when the sidecar starts; change it there.\n`,
    ...pop.neighbours.flatMap(neighbour =>
      neighbour.sessions.map(session =>
        protocol(neighbour, session, { ...bgp, bfd: bfdBetween(pop, neighbour, { bgp }) }),
      ),
    ),
    ...(bgp.import === 'none' ? [] : bgp.rpki.map(validator)),
  ].join('\n');
}

function protocol(
  neighbour: NeighbourConfig,
  { local, remote }: NeighbourConfig['sessions'][number],
  bgp: BgpConfig,
): string {
  const { family } = remote;
  const template = bgp.import === 'none' ? 'session' : 'default_session';
  const lines = [
    `local ${local.text} as SERVICE_AS;`,
    `neighbor ${remote.text} as ${neighbour.asn};`,
    ...(bgp.bfd === 'off' ? [] : ['bfd on;']),
    ...(neighbour.ttlSecurity ? ['ttl security on;'] : []),
    ...(neighbour.password === undefined ? [] : [`password ${quoted(neighbour)};`]),
    // Without it BIRD does not look again at routes that it has when a ROA comes or goes.
    ...(bgp.import === 'none' || bgp.rpki.length === 0 ? [] : [`ipv${family} { import table on; };`]),
  ];
  const name = protocolName({ neighbour: neighbour.name, family });
  return `protocol bgp ${name} from ${template}${family} {\n${lines.map(line => `  ${line}\n`).join('')}}\n`;
}

function validator({ address, port }: BgpConfig['rpki'][number], index: number): string {
  return `protocol rpki validator${index + 1} from validator {\n  remote ${address.text} port ${port};\n}\n`;
}

/** BIRD's strings have no escapes: a quotation mark or a line end cannot be written at all. */
function quoted({ name, password = '' }: NeighbourConfig): string {
  if (!/["\n\r\0]/.test(password)) return `"${password}"`;
  throw new Fault(
    'config-invalid',
    `the password of neighbour ${name} holds a quotation mark or a line end`,
    {
      hint: 'BIRD cannot read such a password; agree on another one with the neighbour',
    },
  );
}
