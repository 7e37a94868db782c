/**
 * announced.conf: the static routes that are announced at this moment, with their attributes.
 *
 * Each announcement is one static route that carries its attributes itself, so BIRD sees a changed attribute as a changed
 * route and sends it at once. Equal announcements give equal text whatever their order.
 */
import type { IpFamily } from '../../ip/address.ts';
import type { Announcement } from '../announcement.ts';

export function renderAnnounced(announcements: readonly Announcement[]): string {
  return `# What this PoP announces at this moment. Written by \`anycast agent\`; bird.conf decides what may leave.

${staticProtocol(announcements, 4)}
${staticProtocol(announcements, 6)}`;
}

function staticProtocol(announcements: readonly Announcement[], family: IpFamily): string {
  const routes = announcements
    .filter(({ prefix }) => prefix.family === family)
    .map(announcement => `  ${route(announcement)}\n`)
    .sort();
  return `protocol static announced${family} {\n  ipv${family};\n${routes.join('')}}\n`;
}

function route({ prefix, communities, prepend, med }: Announcement): string {
  const attributes = [
    ...communities.map(([asn, value]) => `bgp_community.add((${asn}, ${value}));`),
    ...Array<string>(prepend).fill('bgp_path.prepend(SERVICE_AS);'),
    ...(med === undefined ? [] : [`bgp_med = ${med};`]),
  ];
  // The next hop of a blackhole route is the router's own address on the session, which is what we want.
  return `route ${prefix.text} blackhole${attributes.length > 0 ? ` { ${attributes.join(' ')} }` : ''};`;
}
