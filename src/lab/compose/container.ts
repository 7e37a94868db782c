/** How the lab's containers are named and labelled; there is one such lab on a machine. */

/** On every container of the lab; its value is the topology's name. */
export const labLabel = 'anycast.lab';

/** The container of a node, or of one process of a PoP. */
export function containerName(node: string, process?: string): string {
  return ['anycast', node, ...(process === undefined ? [] : [process])].join('-');
}
