/** What a lab says while it comes up: events from the runtime, lines for a person. */

export type LabProgress =
  | { readonly stage: 'building'; readonly nodes: number; readonly links: number }
  | { readonly stage: 'starting'; readonly processes: number }
  | { readonly stage: 'note'; readonly text: string }
  | { readonly stage: 'sessions' | 'announcements' | 'answers'; readonly done: number; readonly of: number };

const counted = {
  sessions: 'BGP sessions established',
  announcements: 'service addresses announced by the PoPs',
  answers: 'clients answered by the service addresses',
} as const;

/** One line for an event, without a line feed. */
export function progressLine(event: LabProgress): string {
  switch (event.stage) {
    case 'building':
      return `building ${event.nodes} nodes and ${event.links} links`;
    case 'starting':
      return `starting ${event.processes} processes`;
    case 'note':
      return event.text;
    case 'sessions':
    case 'announcements':
    case 'answers':
      return `${counted[event.stage]}: ${event.done}/${event.of}`;
    default:
      return event satisfies never;
  }
}

/**
 * Prints events as they come. On a terminal a count replaces the one before; elsewhere only a count that is complete is
 * printed, so that a log has one line per stage.
 */
export function progressPrinter(stream: NodeJS.WriteStream): (event: LabProgress) => void {
  let lastCounted: string | undefined;
  return event => {
    const line = progressLine(event);
    const complete = !('of' in event) || event.done >= event.of;
    if (!stream.isTTY) {
      if (complete) stream.write(`${line}\n`);
      return;
    }
    // Back to the line's begin and clear to its end (ECMA-48 EL), over the count of the same stage.
    if (lastCounted === event.stage) stream.write('\u001b[1A\r\u001b[K');
    lastCounted = 'of' in event ? event.stage : undefined;
    stream.write(`${line}\n`);
  };
}
