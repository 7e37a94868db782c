/** The names that this resolver answers from its configuration, as far as others must know of them. */
import type { NamesConfig } from '../../config/resolver/names.ts';
import { type Name, nameKey, parentName } from '../../dns/name.ts';

/**
 * The keys of these names and of all names above them: those exist (RFC 4592 section 2.2.2), so that nobody may say of them
 * that there is nothing there or below (RFC 8020).
 */
export function existingNames(names: Iterable<Name>): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const name of names) {
    for (let at: Name | undefined = name; at; at = parentName(at)) {
      const key = nameKey(at);
      if (keys.has(key)) break;
      keys.add(key);
    }
  }
  return keys;
}

/** Names with records or addresses of the operator's. */
export function ownNames({ records, steered }: NamesConfig): Name[] {
  return [...records, ...steered].map(({ name }) => name);
}
