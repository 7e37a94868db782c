/**
 * A PoP as systemd services: three units and a target, their users, and the folder they share.
 *
 * The run directory is not a RuntimeDirectory=: that belongs to one service's user and goes when that service ends, and
 * here three users share it by their group. tmpfiles.d makes it, with the set-group-ID bit.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import { installPasswords, runDirectory } from '../places.ts';
import { popProcesses } from '../pop-processes.ts';
import { everyone, type RenderedFile, type RenderingKind } from '../rendering.ts';
import { serviceUnit, sharedGroup, targetUnit, unitName, userName } from '../systemd/service-unit.ts';
import { unitText } from '../systemd/unit-file.ts';

export const systemdRendering: RenderingKind = {
  kind: 'systemd',
  summary: 'services of their own users, hardened, in the order that drains',
  async render(slice, settings) {
    const file = (path: string, text: string): RenderedFile => ({ path, text, mode: everyone });
    return [
      ...popProcesses(slice).map(process => file(unitName(process.name), serviceUnit(process, settings))),
      file(targetUnit, target(slice)),
      file('sysusers.d/anycast.conf', users(slice)),
      file('tmpfiles.d/anycast.conf', folders),
    ];
  },
  next({ name, pop }, { out, prefix }) {
    const from = `${out}/systemd`;
    return [
      `install -m 0644 ${from}/sysusers.d/anycast.conf /etc/sysusers.d/ && systemd-sysusers`,
      `install -m 0644 ${from}/tmpfiles.d/anycast.conf /etc/tmpfiles.d/ && systemd-tmpfiles --create`,
      `install -m 0644 ${from}/anycast* /etc/systemd/system/ && systemctl daemon-reload`,
      ...installPasswords(pop.neighbours, out, userName('sidecar')),
      `${prefix}/anycast doctor --pop ${name}`,
      `systemctl enable --now ${targetUnit}`,
    ];
  },
};

function target(slice: PopSlice): string {
  return unitText(
    `PoP ${slice.name}: \`systemctl start ${targetUnit}\` serves, \`systemctl stop ${targetUnit}\` drains.`,
    [
      {
        name: 'Unit',
        groups: [
          {
            settings: [
              ['Description', `Anycast PoP ${slice.name}`],
              [
                'Wants',
                popProcesses(slice)
                  .map(({ name }) => unitName(name))
                  .join(' '),
              ],
            ],
          },
        ],
      },
      { name: 'Install', groups: [{ settings: [['WantedBy', 'multi-user.target']] }] },
    ],
  );
}

function users(slice: PopSlice): string {
  const lines = popProcesses(slice).map(
    ({ name }) => `u ${userName(name)} -:${sharedGroup} "Anycast ${name}"\n`,
  );
  return `# /etc/sysusers.d/anycast.conf. Who is in the group may look and drain: usermod -aG ${sharedGroup} NAME
g ${sharedGroup} -
${lines.join('')}`;
}

const folders = `# /etc/tmpfiles.d/anycast.conf. The processes of the PoP meet here; what they make belongs to their group (2).
d ${runDirectory} 2770 root ${sharedGroup} -
`;
