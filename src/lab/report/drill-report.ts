/** A drill's report for a person: claims first, then where the time went, then who answers whom. */
import type { Outcome } from '../drill.ts';
import type { DrillReport } from '../drill-runner.ts';
import type { CatchmentEntry } from '../prober/analysis.ts';

export function formatDrillReport(report: DrillReport): string {
  const { spans, probes } = report;
  const span = (ms: number | null): string => (ms === null ? 'not seen' : `${ms.toFixed(1)} ms`.padStart(10));
  return [
    `${report.drill} at ${report.pop}: ${report.ok ? 'all claims hold' : 'A CLAIM FAILED'}`,
    '',
    ...report.claims.map(({ ok, claim, observed }) => `  ${ok ? 'pass' : 'FAIL'}  ${claim} (${observed})`),
    '',
    `  ${probes.sent} queries, ${probes.answered} answered, ${probes.lost} lost${waysOf(probes)}; longest gap ${report.longestGapMs.toFixed(1)} ms`,
    '',
    '  after the fault',
    `    detected by the agent      ${span(spans.detectedMs)}`,
    `    withdrawn at the PoP       ${span(spans.withdrawnMs)}`,
    `    gone at the neighbour      ${span(spans.neighbourMs)}`,
    `    first answer elsewhere     ${span(spans.firstAnswerElsewhereMs)}`,
    `  after the heal`,
    `    every client back          ${span(report.returnedMs)}`,
    '',
    ...catchmentLines(report.catchment),
  ].join('\n');
}

/** How the lost ones were lost: an error is an answer, and an ICMP refusal is better than none. */
function waysOf({ lost, errors, refused, silent }: Outcome['probes']): string {
  return lost === 0 ? '' : ` (${errors} errors, ${refused} refused by ICMP, ${silent} silent)`;
}

function catchmentLines({ before, after, restored }: Outcome['catchment']): string[] {
  const width = Math.max(...Object.keys(before).map(name => name.length));
  const popOf = (entry: CatchmentEntry | undefined): string => (entry?.pop ?? 'nobody').padEnd(8);
  return Object.keys(before).flatMap(client =>
    (['v4', 'v6'] as const)
      .filter(family => before[client]?.[family])
      .map(family => {
        const path = [before, after, restored].map(catchment => popOf(catchment[client]?.[family]));
        return `  ${client.padEnd(width)}  ${family}  ${path.join(' -> ')}`.trimEnd();
      }),
  );
}
