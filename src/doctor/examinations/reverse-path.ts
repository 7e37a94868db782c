/**
 * The kernel's reverse-path filter for IPv4 (ip-sysctl.rst, rp_filter; RFC 3704).
 *
 * Strict mode drops a packet whose answer would leave by another interface. A client's query may come in over one ISP and
 * its answer go out over another: with anycast that is the rule rather than the exception. The kernel takes the larger of
 * `all` and the interface's own setting.
 */
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, warn } from '../finding.ts';
import { outwardOf } from '../host/interfaces.ts';
import { readSysctl, setSysctl } from '../host/sysctl.ts';

const keyOf = (name: string): readonly string[] => ['net', 'ipv4', 'conf', name, 'rp_filter'];

export const reversePathExamination: Examination = {
  name: 'reverse-path',
  looksAt: 'reverse-path filter',
  needs: 'host',
  async examine({ host }) {
    const all = (await readSysctl(keyOf('all'))) ?? 0;
    const outward = outwardOf(await host.interfaces());
    const own = await Promise.all(outward.map(async ({ name }) => (await readSysctl(keyOf(name))) ?? 0));
    return outward.map(({ name }, index) =>
      judgeReversePath({ name, all, own: own[index] ?? 0, interfaces: outward.length }),
    );
  },
};

export function judgeReversePath(seen: {
  readonly name: string;
  readonly all: number;
  readonly own: number;
  /** How many interfaces lead out. */
  readonly interfaces: number;
}): Finding {
  const { name, all, own, interfaces } = seen;
  const effective = Math.max(all, own);
  const about = `rp_filter ${name}`;
  if (effective === 0) return pass(about, 'off');
  if (effective !== 1) return pass(about, 'loose');
  // 2 is the larger number: setting `all` to it makes every strict interface loose.
  const remedies = setSysctl(keyOf('all'), 2);
  const why = `strict (${all === 1 ? 'all' : name} is 1): a query whose answer leaves by another way is dropped`;
  return interfaces > 1
    ? fail(about, why, ...remedies)
    : warn(about, `${why}; harmless only while ${name} is the one way out`, ...remedies);
}
