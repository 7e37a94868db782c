/** The PoP's router: its program, its version, and whether it can be spoken to. */
import type { PopSlice } from '../../config/anycast-config.ts';
import { programPath } from '../../system/program-path.ts';
import { run } from '../../system/run.ts';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, skip, warn } from '../finding.ts';
import type { RouterSight } from '../host/host.ts';
import type { RouterProbe } from '../router-probe.ts';
import { routerProbes } from '../routers.ts';

export const routerExamination: Examination = {
  name: 'router',
  looksAt: 'router',
  needs: 'host',
  async examine({ slice, host, runDirectory, signal }) {
    const probes = routerProbes.filter(({ kind }) => slice === undefined || kind === slice.pop.driver);
    if (slice && probes.length === 0)
      return [skip(slice.pop.driver, `the driver '${slice.pop.driver}' has no router`)];
    const programs = await Promise.all(probes.map(probe => installedVersion(probe, signal)));
    const found = probes.map((probe, index) => judgeProgram(probe, programs[index], slice));
    // Where nobody says which router is meant, one that is there is enough.
    const judged = slice || !found.some(({ verdict }) => verdict === 'pass') ? found : found.filter(passed);
    if (!slice) return judged;
    const [installed] = programs;
    return [...judged, judgeControl(await host.router(), { runDirectory, installed })];
  },
};

function passed({ verdict }: Finding): boolean {
  return verdict === 'pass';
}

/** `version` is what the program printed, undefined when it is not installed. */
export function judgeProgram(
  probe: RouterProbe,
  version: string | undefined,
  slice: PopSlice | undefined,
): Finding {
  const { program, debianPackage, oldest, testedMajors } = probe;
  const install = { run: `apt-get install ${debianPackage}` };
  if (version === undefined) {
    return slice
      ? fail(program, 'not installed', install)
      : warn(program, 'not installed; the PoP needs one router', install);
  }
  const parts = partsOf(version);
  if (compare(parts, partsOf(oldest)) < 0)
    return fail(program, `${version}, and ${oldest} or newer is needed`, install);
  const [major = 0] = parts;
  if (testedMajors.includes(major)) return pass(program, version);
  const tested = testedMajors.join(', ');
  return warn(program, `${version}: the kit was tested with major version ${tested} only`, {
    advice: 'play the drills with this version in the lab before it carries traffic',
  });
}

function judgeControl(
  sight: RouterSight,
  { runDirectory, installed }: { readonly runDirectory: string; readonly installed: string | undefined },
): Finding {
  const about = 'control socket';
  if (sight.state === 'none') return skip(about, sight.why);
  if (sight.state === 'seen') {
    const { version } = sight.router;
    if (version === undefined || installed === undefined || version === installed)
      return pass(about, `answers${version === undefined ? '' : `, version ${version}`}`);
    return warn(about, `answers as version ${version}, and ${installed} is installed`, {
      advice: 'a restart of the sidecar, after a drain, starts the installed version',
    });
  }
  const socket = sight.probe.controlSocket(runDirectory);
  if (sight.access === 'missing') return skip(about, `no ${sight.probe.program} runs in ${runDirectory}`);
  if (sight.access === 'denied') {
    return skip(about, `this user may not speak to ${socket}`, {
      advice: "run the doctor as root or as a member of the socket's group",
    });
  }
  return fail(about, `${socket} is there and nobody answers`, {
    advice: "the sidecar's log says why the router ended; the sidecar removes a stale socket",
  });
}

/** BIRD prints its version to standard error, GoBGP to standard output. */
async function installedVersion(probe: RouterProbe, signal: AbortSignal): Promise<string | undefined> {
  if ((await programPath(probe.program)) === undefined) return undefined;
  const printed = await run([probe.program, ...probe.versionArguments], { signal });
  return versionIn(`${printed.stdout}\n${printed.stderr}`);
}

/** `BIRD version 2.0.12`, `gobgpd version 3.10.0`. */
export function versionIn(text: string): string | undefined {
  return /version v?(\d+(?:\.\d+)*)/i.exec(text)?.[1];
}

function partsOf(version: string): number[] {
  return version.split('.').map(part => Number.parseInt(part, 10));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
