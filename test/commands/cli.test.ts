import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commands } from '../../src/commands/commands.ts';
import { renderings } from '../../src/rendering/renderings.ts';
import { type RunResult, run } from '../../src/system/run.ts';

async function anycast(...args: string[]): Promise<RunResult> {
  // A lab of a name that nobody uses: these tests must not meet one that runs.
  return await run(['./anycast', ...args], {
    env: { ANYCAST_LAB: `nobody-${process.pid}` },
    timeoutMs: 30_000,
  });
}

describe('anycast', () => {
  it('lists every verb but the hidden ones in its help, each with a summary', async () => {
    const { stdout, exitCode } = await anycast('--help');
    assert.equal(exitCode, 0);
    for (const { name, hidden } of commands) {
      assert.equal(new RegExp(`^  ${name} .*\\w`, 'm').test(stdout), hidden !== true, name);
    }
  });

  it('has a help page for every verb', async () => {
    const pages = await Promise.all(commands.map(({ name }) => anycast(name, '--help')));
    for (const { exitCode, stdout } of pages) {
      assert.equal(exitCode, 0);
      assert.match(stdout, /^Usage: anycast /);
    }
  });

  const wrong: readonly [claim: string, args: string[], exitCode: number, said: RegExp][] = [
    ['an unknown verb', ['lbas'], 64, /unknown command 'lbas'/],
    ['a lack of verbs', ['lab'], 64, /^anycast: a verb is missing\n {2}anycast --help lists the verbs$/m],
    ['an unknown option', ['lab', 'up', '--fast'], 64, /unknown option '--fast'/],
    ['an unknown drill', ['drill', 'resolver-kiled'], 64, /did you mean 'resolver-killed'\?/],
    ['an unknown PoP', ['agent', '--pop', 'frq'], 64, /did you mean 'fra'\?/],
    ['a missing PoP', ['status'], 64, /--pop/],
    [
      'a topology that does not exist',
      ['lab', 'up', 'three-continent'],
      64,
      /did you mean 'three-continents'\?/,
    ],
    [
      'a configuration that does not exist',
      ['resolver', '--pop', 'fra', '--config', 'nowhere.yaml'],
      78,
      /nowhere\.yaml/,
    ],
    ['a number that is none', ['drill', 'resolver-killed', '--rate', 'many'], 64, /'many' is not a number/],
    [
      'a rendering that does not exist',
      ['render', '--pop', 'fra', '--only', 'kubernets'],
      64,
      /did you mean 'kubernetes'\?/,
    ],
    [
      'a rendering to nowhere and somewhere',
      ['render', '--pop', 'fra', '--stdout', '--out', 'x'],
      64,
      /--stdout/,
    ],
    [
      'a rendering over files that differ',
      ['render', '--pop', 'nyc', '--out', 'deploy', '--only', 'systemd'],
      1,
      /anycast-agent\.service.*\n.*nothing was written/,
    ],
    ['a lab that does not run', ['catchment'], 69, /anycast lab up/],
    ['a drill without a lab', ['drill', 'resolver-killed'], 2, /could not run/],
    [
      'an agent that does not run',
      ['status', '--pop', 'fra', '--run-dir', '/nonexistent'],
      69,
      /no agent is running/,
    ],
  ];
  for (const [claim, args, exitCode, said] of wrong) {
    it(`meets ${claim} with exit code ${exitCode}, what is wrong and what to do`, async () => {
      const result = await anycast(...args);
      assert.match(result.stderr, said);
      assert.equal(result.exitCode, exitCode);
      assert.doesNotMatch(result.stderr, /^\s+at /m, 'no stack trace');
    });
  }

  it('names every kind of rendering in the help of render', async () => {
    const { stdout } = await anycast('render', '--help');
    for (const { kind } of renderings) assert.match(stdout, new RegExp(`\\b${kind}\\b`), kind);
  });

  it('lists the drills', async () => {
    const { stdout } = await anycast('drill', '--list');
    for (const name of ['resolver-killed', 'resolver-frozen', 'brown-out', 'slow-answers', 'planned-drain'])
      assert.match(stdout, new RegExp(`^${name} `, 'm'));
  });
});
