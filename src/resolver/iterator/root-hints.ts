/**
 * Where the root is: by the configuration, by a file in the format of IANA's root hints (named.root), or as shipped.
 *
 * The file holds NS records of the root and A and AAAA records of the servers they name, one a line (RFC 1035 section 5.1);
 * TTLs and the class may stand before the type and mean nothing here. It is read when recursion is set up: at the start, and
 * at each reload.
 */
import { readFileSync, statSync } from 'node:fs';
import type { RecursionConfig } from '../../config/resolver/recursion.ts';
import { formatName, type Name, nameKey, parseName, rootName } from '../../dns/name.ts';
import { type IpAddress, parseIpAddress } from '../../ip/address.ts';
import { describeError, Fault } from '../../system/fault.ts';
import type { NameServer } from './delegations.ts';
import { rootServers } from './root-servers.ts';

/** As many as the configuration may state itself; the Internet's root has 13 servers of 2 addresses. */
const mostServers = 32;
const mostAddresses = 16;

/** Octets: IANA's file has three thousand. */
const longestFile = 65_536;

const hint = 'name a file in the format of named.root, or leave rootHints out to use the shipped ones';

/** At least one server with an address. @throws Fault `environment` when the file cannot be read, `config-invalid` for what is in it. */
export function rootHintsOf(
  { rootHints }: Pick<RecursionConfig, 'rootHints'>,
  readText = readHints,
): readonly NameServer[] {
  if (typeof rootHints === 'string') return parseRootHints(readText(rootHints), rootHints);
  if (rootHints)
    return rootHints.map(({ name, addresses }) => ({ name: parseName(name) ?? rootName, addresses }));
  return rootServers.map(({ name, addresses }) => ({
    name: parseName(name) ?? rootName,
    addresses: addresses.flatMap(text => parseIpAddress(text) ?? []),
  }));
}

/** The text of a file that may be one of root hints. @throws Fault as `rootHintsOf`. */
export function readHints(path: string): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > longestFile)
      throw new Fault('config-invalid', `${path} is no file of root hints`, { hint });
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('environment', `cannot read the root hints: ${describeError(cause)}`, { hint, cause });
  }
}

/** @throws Fault `config-invalid`, which tells the line. */
export function parseRootHints(text: string, path: string): NameServer[] {
  const servers = new Map<string, Name>();
  const addresses = new Map<string, IpAddress[]>();
  let owner: Name | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [content = ''] = line.split(';');
    if (content.trim() === '' || content.startsWith('$TTL')) continue;
    const record = readRecord(content, owner);
    if (!record)
      throw new Fault('config-invalid', `line ${index + 1} of ${path} is no record of root hints`, { hint });
    owner = record.owner;
    if ('server' in record) servers.set(nameKey(record.server), record.server);
    else addresses.set(nameKey(owner), [...(addresses.get(nameKey(owner)) ?? []), record.address]);
  }
  const hints = [...servers].map(([key, name]) => ({
    name,
    addresses: (addresses.get(key) ?? []).slice(0, mostAddresses),
  }));
  const lost = hints.find(server => server.addresses.length === 0);
  if (lost) throw new Fault('config-invalid', `${path} has no address of ${formatName(lost.name)}`, { hint });
  if (hints.length === 0 || hints.length > mostServers)
    throw new Fault('config-invalid', `${path} names ${hints.length} servers of the root`, {
      hint: `name 1 to ${mostServers} of them`,
    });
  return hints;
}

type HintRecord = { readonly owner: Name } & ({ readonly server: Name } | { readonly address: IpAddress });

/** The line's record, without its comment; `before` is the name of the line before, which a blank at the start stands for. */
function readRecord(line: string, before: Name | undefined): HintRecord | undefined {
  const words = line.trim().split(/\s+/);
  const owner = /^\s/.test(line) ? before : parseName(words.shift() ?? '');
  while (/^(\d+|IN)$/i.test(words[0] ?? '')) words.shift();
  const [type = '', value = '', ...others] = words;
  if (!owner || others.length > 0) return undefined;
  if (/^NS$/i.test(type)) {
    const server = parseName(value);
    return server && owner.length === rootName.length ? { owner, server } : undefined;
  }
  const address = /^A(AAA)?$/i.test(type) ? parseIpAddress(value) : undefined;
  return address && (address.family === 6) === type.length > 1 ? { owner, address } : undefined;
}
