/** How many files and sockets the resolver may have open at once (RLIMIT_NOFILE). */
import type { Examination } from '../examination.ts';
import { type Finding, pass, skip, warn } from '../finding.ts';
import { readProcessRights } from '../host/process-rights.ts';

/** 1024 TCP connections (`resolver/listeners/tcp-connections.ts`), as many upstream queries in flight, and room. */
const wanted = 4096;

export const openFilesExamination: Examination = {
  name: 'open-files',
  looksAt: 'limits',
  needs: 'host',
  async examine({ host }) {
    const { resolver } = await host.kitProcesses();
    const pid = resolver.state === 'answers' ? resolver.pid : undefined;
    const { openFiles } = await readProcessRights(pid ?? 'self');
    return [judgeOpenFiles(openFiles, pid === undefined ? 'this shell' : 'the resolver')];
  },
};

export function judgeOpenFiles(limit: number | undefined, whose: string): Finding {
  const about = 'open files';
  if (limit === undefined) return skip(about, `only its own user and root may see the limit of ${whose}`);
  const said = `${whose} may have ${Number.isFinite(limit) ? limit : 'any number'}`;
  if (limit >= wanted) return pass(about, said);
  return warn(
    about,
    `${said}, and under load the resolver wants ${wanted}`,
    { advice: `LimitNOFILE=${wanted} in the resolver's systemd unit` },
    { run: `ulimit -n ${wanted}` },
  );
}
