/** RDATA that binds a service: SVCB, HTTPS (RFC 9460 section 2.2). */
import { formatName, type Name } from '../../name.ts';
import type { Reader } from '../../reader.ts';
import type { RdataCodec } from '../rdata-codec.ts';
import { formatServiceParameter, type ServiceParameter } from '../service-parameter.ts';

export interface ServiceRdata<Kind> {
  readonly kind: Kind;
  /** 0: alias mode, in which parameters mean nothing. */
  readonly priority: number;
  readonly target: Name;
  /** Keys strictly rising. Values are kept as they came: a resolver must pass on keys, and may pass on values, that it cannot read (section 4.3). */
  readonly parameters: readonly ServiceParameter[];
}

export function serviceCodec<Kind extends 'SVCB' | 'HTTPS'>(kind: Kind): RdataCodec<ServiceRdata<Kind>> {
  return {
    kind,
    classes: 'IN',
    decode: reader => ({
      kind,
      priority: reader.uint16(),
      target: reader.plainName(),
      parameters: readParameters(reader),
    }),
    encode(writer, { priority, target, parameters }) {
      writer.uint16(priority);
      writer.name(target);
      for (const { key, value } of parameters) {
        writer.uint16(key);
        const length = writer.openLength();
        writer.bytes(value);
        writer.closeLength(length);
      }
    },
    format: ({ priority, target, parameters }) =>
      [priority, formatName(target), ...parameters.map(formatServiceParameter)].join(' '),
  };
}

function readParameters(reader: Reader): ServiceParameter[] {
  const parameters: ServiceParameter[] = [];
  let lastKey = -1;
  while (reader.remaining > 0) {
    const key = reader.uint16();
    if (key <= lastKey) throw reader.fault('rdata-malformed', 'service parameters out of order');
    parameters.push({ key, value: reader.take(reader.uint16()) });
    lastKey = key;
  }
  return parameters;
}
