/** Start of a zone of authority (RFC 1035 section 3.3.13). */
import { formatName, type Name } from '../name.ts';
import type { RdataCodec } from './rdata-codec.ts';

export interface SoaRdata {
  readonly kind: 'SOA';
  /** The primary server. */
  readonly mname: Name;
  /** The responsible person's mailbox, its `@` written as the first dot. */
  readonly rname: Name;
  readonly serial: number;
  /** Seconds, as all that follow. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** With the record's own TTL, how long a negative answer is kept (RFC 2308 section 4). */
  readonly minimum: number;
}

export const soa: RdataCodec<SoaRdata> = {
  kind: 'SOA',
  classes: 'any',
  decode: reader => ({
    kind: 'SOA',
    mname: reader.name(),
    rname: reader.name(),
    serial: reader.uint32(),
    refresh: reader.uint32(),
    retry: reader.uint32(),
    expire: reader.uint32(),
    minimum: reader.uint32(),
  }),
  encode(writer, rdata) {
    writer.compressedName(rdata.mname);
    writer.compressedName(rdata.rname);
    writer.uint32(rdata.serial);
    writer.uint32(rdata.refresh);
    writer.uint32(rdata.retry);
    writer.uint32(rdata.expire);
    writer.uint32(rdata.minimum);
  },
  format({ mname, rname, serial, refresh, retry, expire, minimum }) {
    const timers = [serial, refresh, retry, expire, minimum].join(' ');
    return `${formatName(mname)} ${formatName(rname)} ${timers}`;
  },
};
