/** What a policy zone's owner names mean (draft-vixie-dnsop-dns-rpz section 4). */
import {
  isSubdomain,
  labelCount,
  type Name,
  parentName,
  parseName,
  replaceAncestor,
  rootName,
} from '../../../dns/name.ts';
import { TextFault } from '../../../dns/text/text-fault.ts';
import { parseIpAddress } from '../../../ip/address.ts';
import { type IpPrefix, parseIpPrefix } from '../../../ip/prefix.ts';

export type RpzTrigger =
  /** `isBelow`: a wildcard, for all below `name` and not for itself. */
  | { readonly kind: 'name' | 'nameserver'; readonly name: Name; readonly isBelow: boolean }
  | { readonly kind: 'address' | 'client'; readonly prefix: IpPrefix }
  /** Triggers by the addresses of name servers: not known here. */
  | { readonly kind: 'unsupported' };

const markers = ['rpz-ip', 'rpz-client-ip', 'rpz-nsdname', 'rpz-nsip'] as const;
const markerNames = markers.map(text => ({ text, name: parseName(text) ?? rootName }));

/** `owner` is that of a record in the policy zone, without the zone's own name. @throws TextFault for what is no trigger. */
export function rpzTrigger(owner: Name): RpzTrigger {
  const marker = markerNames.find(({ name }) => isSubdomain(owner, name));
  if (!marker) return { kind: 'name', ...nameTrigger(owner) };
  const before = replaceAncestor(owner, marker.name, rootName) ?? rootName;
  switch (marker.text) {
    case 'rpz-ip':
      return { kind: 'address', prefix: prefixOf(before) };
    case 'rpz-client-ip':
      return { kind: 'client', prefix: prefixOf(before) };
    case 'rpz-nsdname':
      return { kind: 'nameserver', ...nameTrigger(before) };
    case 'rpz-nsip':
      return { kind: 'unsupported' };
    default:
      return marker.text satisfies never;
  }
}

function nameTrigger(owner: Name): { readonly name: Name; readonly isBelow: boolean } {
  const isBelow = owner[0] === 1 && owner[1] === 0x2a;
  return { name: isBelow ? (parentName(owner) ?? rootName) : owner, isBelow };
}

/** `24.0.2.0.192`, `48.zz.1.db8.2001`: the length, then the address backwards, `zz` for the zeroes that `::` stands for. */
function prefixOf(name: Name): IpPrefix {
  const [length = '', ...backwards] = labelTexts(name);
  const groups = backwards.toReversed();
  const text =
    groups.length === 4 && !groups.includes('zz')
      ? groups.join('.')
      : groups.join(':').replace('zz', doubleColon(groups));
  const address = parseIpAddress(text);
  const prefix = address && parseIpPrefix(`${address.text}/${length}`);
  if (!prefix || prefix.length === 0)
    throw new TextFault(
      `'${[length, ...backwards].join('.')}' is no length and address with no host bits set`,
    );
  return prefix;
}

/** At either end `zz` has one neighbour only, and brings both colons. */
function doubleColon(groups: readonly string[]): string {
  if (groups.length === 1) return '::';
  return groups[0] === 'zz' || groups.at(-1) === 'zz' ? ':' : '';
}

/** Only plain characters can be part of an address; any other label becomes one that no address has. */
function labelTexts(name: Name): string[] {
  const texts: string[] = [];
  for (let at: Name = name; labelCount(at) > 0; at = parentName(at) ?? rootName) {
    const text = String.fromCharCode(...at.subarray(1, 1 + (at[0] ?? 0)));
    texts.push(/^[0-9a-z]+$/i.test(text) ? text.toLowerCase() : '?');
  }
  return texts;
}
