/** Records and questions as lines of text, in the order `dig` writes them. */
import type { Question, ResourceRecord } from './message.ts';
import { formatName } from './name.ts';
import { formatRdata } from './rdata/record-data.ts';
import { recordClassName } from './record-class.ts';
import { recordTypeName } from './record-type.ts';

/** `www.example.com. 300 IN A 192.0.2.1` */
export function formatRecord({ name, ttl, class: rrClass, type, rdata }: ResourceRecord): string {
  const head = `${formatName(name)} ${ttl} ${recordClassName(rrClass)} ${recordTypeName(type)}`;
  return `${head} ${formatRdata(rdata)}`.trimEnd();
}

/** `www.example.com. IN A` */
export function formatQuestion({ name, class: qclass, type }: Question): string {
  return `${formatName(name)} ${recordClassName(qclass)} ${recordTypeName(type)}`;
}
