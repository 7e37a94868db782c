/** Service location (RFC 2782). Some servers once compressed the target (RFC 3597 section 4). */
import { formatName, type Name } from '../name.ts';
import { type RdataCodec, readName, writeName } from './rdata-codec.ts';

export interface SrvRdata {
  readonly kind: 'SRV';
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** The root: the service is not offered here. */
  readonly target: Name;
}

export const srv: RdataCodec<SrvRdata> = {
  kind: 'SRV',
  classes: 'IN',
  decode: reader => ({
    kind: 'SRV',
    priority: reader.uint16(),
    weight: reader.uint16(),
    port: reader.uint16(),
    target: readName(reader, 'read'),
  }),
  encode(writer, { priority, weight, port, target }) {
    writer.uint16(priority);
    writer.uint16(weight);
    writer.uint16(port);
    writeName(writer, target, 'read');
  },
  format: ({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${formatName(target)}`,
};
