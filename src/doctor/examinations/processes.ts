/** Whether the PoP's own processes answer on their sockets, and what they say of themselves. */
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, skip, warn } from '../finding.ts';
import { type KitProcess, type KitProcessName, kitProcessNames, kitSocket } from '../host/kit-processes.ts';

export const processesExamination: Examination = {
  name: 'processes',
  looksAt: 'processes',
  needs: 'pop',
  async examine(_slice, { host, runDirectory }) {
    const kit = await host.kitProcesses();
    const { state } = await host.router();
    return kitProcessNames.map(name =>
      name === 'sidecar' && kit.sidecar.state === 'absent' && state === 'seen'
        ? pass(name, 'its router answers')
        : judgeProcess(name, kit[name], kitSocket(runDirectory, name)),
    );
  },
};

export function judgeProcess(name: KitProcessName, process: KitProcess, socket: string): Finding {
  switch (process.state) {
    case 'absent':
      return skip(name, `does not run: there is no ${socket}`);
    case 'closed':
      return skip(name, `this user may not speak to ${socket}`);
    case 'silent':
      return fail(name, `there is a socket, and no answer: ${process.complaint}`, {
        advice: 'was it killed, or is it another PoP? Its log says; starting it replaces a stale socket',
      });
    case 'answers':
      return judgeStatus(name, process.status);
    default:
      return process satisfies never;
  }
}

function judgeStatus(name: KitProcessName, status: Readonly<Record<string, unknown>>): Finding {
  const pid = typeof status.pid === 'number' ? `process ${status.pid}` : 'answers';
  if (name === 'resolver' && status.state === 'partial') {
    return warn(name, `${pid}, does not listen on ${notListening(status.listening).join(', ')}`, {
      advice: 'right while the PoP is drained; else see the service addresses above',
    });
  }
  const { reason } = (status.decision ?? {}) as { readonly reason?: unknown };
  return pass(name, typeof reason === 'string' ? `${pid}: ${reason}` : pid);
}

/** Addresses of the resolver's `listening` that have no port. */
function notListening(listening: unknown): readonly string[] {
  const seats = Array.isArray(listening) ? (listening as { address?: unknown; port?: unknown }[]) : [];
  return [...new Set(seats.filter(({ port }) => port === null).map(({ address }) => String(address)))];
}
