/** The configuration as it lies on a host: anycast.yaml for every process, BGP passwords for the sidecar alone. */
import { configFile, neighboursWithPassword } from '../places.ts';
import { everyone, ownerOnly, type RenderingKind } from '../rendering.ts';

export const configRendering: RenderingKind = {
  kind: 'config',
  summary: 'anycast.yaml, and BGP passwords in files of their own',
  async render({ pop }, { configText }) {
    return [
      { path: 'anycast.yaml', text: configText, mode: everyone },
      ...neighboursWithPassword(pop.neighbours).map(({ name, password = '' }) => ({
        path: `bgp-passwords/${name}`,
        text: `${password}\n`,
        mode: ownerOnly,
      })),
    ];
  },
  next: (_slice, { out }) => [`install -D -m 0644 ${out}/config/anycast.yaml ${configFile}`],
};
