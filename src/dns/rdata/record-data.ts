/**
 * The record types this program knows from the inside. The rest are octets (RFC 3597): kept, passed on, never guessed at.
 *
 * Of the types that RFC 3597 section 4 wants decompressed, PX and NXT are not here: experiments of the 1990s, one of
 * them withdrawn.
 */
import { formatHex } from '../presentation.ts';
import type { Reader } from '../reader.ts';
import { recordClasses } from '../record-class.ts';
import { recordTypes } from '../record-type.ts';
import type { Writer } from '../writer.ts';
import { a } from './a.ts';
import { aaaa } from './aaaa.ts';
import { afsdb } from './afsdb.ts';
import { caa } from './caa.ts';
import { cname } from './cname.ts';
import { dname } from './dname.ts';
import { dnskey } from './dnskey.ts';
import { ds } from './ds.ts';
import { https } from './https.ts';
import { minfo } from './minfo.ts';
import { mx } from './mx.ts';
import { naptr } from './naptr.ts';
import { ns } from './ns.ts';
import { nsec } from './nsec.ts';
import { nsec3 } from './nsec3.ts';
import { nsec3param } from './nsec3param.ts';
import { mb, md, mf, mg, mr } from './obsolete-mail.ts';
import { ptr } from './ptr.ts';
import type { RdataCodec, RecordTypeName } from './rdata-codec.ts';
import { rp } from './rp.ts';
import { rrsig } from './rrsig.ts';
import { rt } from './rt.ts';
import { sig } from './sig.ts';
import { soa } from './soa.ts';
import { srv } from './srv.ts';
import { svcb } from './svcb.ts';
import { tlsa } from './tlsa.ts';
import { txt } from './txt.ts';

const codecs = [
  a,
  aaaa,
  afsdb,
  caa,
  cname,
  dname,
  dnskey,
  ds,
  https,
  mb,
  md,
  mf,
  mg,
  minfo,
  mr,
  mx,
  naptr,
  ns,
  nsec,
  nsec3,
  nsec3param,
  ptr,
  rp,
  rrsig,
  rt,
  sig,
  soa,
  srv,
  svcb,
  tlsa,
  txt,
] as const;

/** RDATA of a type, or of a class, whose format is not known here. */
export interface OpaqueRdata {
  readonly kind: 'opaque';
  readonly octets: Uint8Array;
}

type KnownRdata = ReturnType<(typeof codecs)[number]['decode']>;

/** Told apart by `kind`: the type's mnemonic, or `opaque`. */
export type Rdata = KnownRdata | OpaqueRdata;

const byType = new Map<number, RdataCodec<KnownRdata>>(codecs.map(codec => [recordTypes[codec.kind], codec]));

/** The mnemonics of the types that are not opaque. */
export const knownTypes: readonly RecordTypeName[] = codecs.map(codec => codec.kind);

/** Reads `length` octets of RDATA, all of them and no more. @throws WireFault */
export function decodeRdata(reader: Reader, type: number, rrClass: number, length: number): Rdata {
  reader.openRdata(length);
  const codec = codecFor(type, rrClass, length);
  const rdata: Rdata = codec ? codec.decode(reader) : { kind: 'opaque', octets: reader.takeRest() };
  reader.closeRdata();
  return rdata;
}

/**
 * Writes RDATA without its length.
 * @throws RangeError for a field that does not fit its place, and for RDATA that is not of this type.
 */
export function encodeRdata(writer: Writer, type: number, rdata: Rdata): void {
  if (rdata.kind === 'opaque') {
    writer.bytes(rdata.octets);
    return;
  }
  const codec = byType.get(type);
  if (codec?.kind !== rdata.kind) throw new RangeError(`${rdata.kind} data in a record of type ${type}`);
  codec.encode(writer, rdata);
}

/** Presentation format; opaque data as in RFC 3597 section 5. */
export function formatRdata(rdata: Rdata): string {
  if (rdata.kind === 'opaque') return `\\# ${rdata.octets.length} ${formatHex(rdata.octets)}`.trimEnd();
  return byType.get(recordTypes[rdata.kind])?.format(rdata) ?? '';
}

function codecFor(type: number, rrClass: number, length: number): RdataCodec<KnownRdata> | undefined {
  const codec = byType.get(type);
  if (codec?.classes === 'IN' && rrClass !== recordClasses.IN) return undefined;
  // An UPDATE names records to be deleted by class ANY or NONE and empty RDATA (RFC 2136 section 2.4).
  const isUpdate = rrClass === recordClasses.ANY || rrClass === recordClasses.NONE;
  return isUpdate && length === 0 ? undefined : codec;
}
