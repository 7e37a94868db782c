/**
 * A zone's DNSSEC key, derived from a seed: the nameserver of a zone and that of the zone above it may share no disk, and
 * both need it, one to sign and the other to vouch (DS). Lab keys only: whoever knows the seed knows the key.
 *
 * One key per zone does both jobs (a combined signing key), algorithm 13: ECDSA P-256 with SHA-256 (RFC 6605).
 */
import { createECDH, createHash, hkdfSync } from 'node:crypto';
import { parseName } from '../dns/name.ts';
import { Fault } from '../system/fault.ts';
import type { FilePlan } from './plan.ts';

export interface ZoneKey {
  /** The DS record's data, for the zone above. */
  readonly ds: string;
  /** What ldns-signzone is told: the files' path without `.key` and `.private`. */
  readonly base: string;
  readonly files: readonly FilePlan[];
}

/** RFC 4034 section 2.1: zone key with the secure entry point bit, protocol 3, algorithm 13. */
const flags = 257;
const protocol = 3;
const algorithm = 13;
/** RFC 4509: SHA-256. */
const digestType = 2;

export function zoneKey(origin: string, seed: string, directory: string): ZoneKey {
  const secret = Buffer.from(hkdfSync('sha256', seed, '', `lab zone key ${origin}`, 32));
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(secret);
  // RFC 6605 section 4: the point without the octet that says it is uncompressed.
  const publicKey = ecdh.getPublicKey().subarray(1);
  const rdata = Buffer.concat([Uint8Array.of(flags >> 8, flags & 0xff, protocol, algorithm), publicKey]);
  const name = parseName(origin);
  if (!name) throw new Fault('internal', `${origin} is not a domain name`);
  const tag = keyTag(rdata);
  const digest = createHash('sha256').update(name).update(rdata).digest('hex');
  const base = `${directory}/K${origin}+013+${String(tag).padStart(5, '0')}`;
  return {
    ds: `${tag} ${algorithm} ${digestType} ${digest}`,
    base,
    files: [
      {
        path: `${base}.key`,
        text: `${origin} 3600 IN DNSKEY ${flags} ${protocol} ${algorithm} ${publicKey.toString('base64')}\n`,
      },
      {
        path: `${base}.private`,
        text: `Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: ${secret.toString('base64')}\n`,
      },
    ],
  };
}

/** RFC 4034 appendix B. */
function keyTag(rdata: Uint8Array): number {
  let sum = 0;
  for (const [index, octet] of rdata.entries()) sum += index % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >> 16)) & 0xffff;
}
