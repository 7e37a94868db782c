/**
 * announced.conf: which routes of the service are announced at this moment, with their attributes.
 *
 * The text is the body of a function that bird.conf calls for each route that site.conf has: it can say yes or no to one
 * and set its attributes, and cannot make one. BIRD sees a changed attribute as a changed route and sends it at once.
 * Equal announcements give equal text whatever their order.
 */
import type { Announcement } from '../announcement.ts';

const header =
  '# What this PoP announces at this moment. Written by `anycast agent`; bird.conf decides what may leave.';

export function renderAnnounced(announcements: readonly Announcement[]): string {
  const lines = announcements.map(line).sort();
  return `${[header, ...lines, 'return false;'].join('\n')}\n`;
}

/** Whether `text` is one that `renderAnnounced` writes: nothing else is put back where BIRD may read it. */
export function isRendered(text: string): boolean {
  return wholeFile.test(text);
}

function line({ prefix, communities, largeCommunities, prepend, med }: Announcement): string {
  const attributes = [
    ...communities.map(([asn, value]) => `bgp_community.add((${asn}, ${value}));`),
    ...largeCommunities.map(parts => `bgp_large_community.add((${parts.join(', ')}));`),
    ...Array<string>(prepend).fill('bgp_path.prepend(SERVICE_AS);'),
    ...(med === undefined ? [] : [`bgp_med = ${med};`]),
  ];
  return `if net = ${prefix.text} then { ${[...attributes, 'return true;'].join(' ')} }`;
}

const attribute = [
  String.raw`bgp_community\.add\(\(\d+, \d+\)\);`,
  String.raw`bgp_large_community\.add\(\(\d+, \d+, \d+\)\);`,
  String.raw`bgp_path\.prepend\(SERVICE_AS\);`,
  String.raw`bgp_med = \d+;`,
].join('|');

const wholeFile = new RegExp(
  String.raw`^${header.replaceAll('.', String.raw`\.`)}\n(?:if net = [\da-f.:/]+ then \{ (?:(?:${attribute}) )*return true; \}\n)*return false;\n$`,
);
