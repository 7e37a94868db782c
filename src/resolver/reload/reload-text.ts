/** What a reload has changed: as data, and as an operator reads it. */
export interface ReloadReport {
  readonly hash: string;
  /** Keys whose new values are in force. */
  readonly changed: readonly string[];
  /** Keys whose new values wait for a restart of the resolver. */
  readonly needsRestart: readonly string[];
  /** Forward zones whose answers are not served from before. */
  readonly flushedZones: readonly string[];
}

/** What an operator reads of it, a line each. */
export function reloadText({ hash, changed, needsRestart, flushedZones }: ReloadReport): string[] {
  return [
    `configuration ${hash} in force${changed.length === 0 ? ', nothing has changed' : ''}`,
    ...(changed.length > 0 ? [`changed: ${changed.join(', ')}`] : []),
    ...(flushedZones.length > 0
      ? [`answers not served from before, of zones: ${flushedZones.join(', ')}`]
      : []),
    ...(needsRestart.length > 0 ? [`changed and needs a restart: ${needsRestart.join(', ')}`] : []),
  ];
}
