import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { commands } from '../../src/commands/commands.ts';
import { drills } from '../../src/lab/drills.ts';

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];

/** The command line as commander knows it, with actions that do nothing. */
const program = new Command('anycast');
for (const kind of commands) {
  kind.define(program.command(kind.name), () => async () => undefined);
}

/** Every command in a shell block of a document, without comments. */
function shellLines(path: string): string[] {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)];
  return blocks
    .flatMap(([, block = '']) => block.split('\n'))
    .map(line => line.replace(/\s+#.*$/, '').trim());
}

/** Walks `anycast lab up --x y` down the verbs; gives what is wrong with it. */
function complaints(line: string): string[] {
  const [, ...words] = line.split(/\s+/);
  let command = program;
  const wrong: string[] = [];
  for (const word of words) {
    if (word === '--') break;
    const verb = command.commands.find(each => each.name() === word);
    if (verb) command = verb;
    else if (command === program) wrong.push(`unknown verb ${word}`);
    else if (
      word.startsWith('-') &&
      !command.options.some(({ long, short }) => long === word || short === word)
    )
      wrong.push(`unknown option ${word}`);
  }
  return wrong.map(what => `${line}: ${what}`);
}

describe('the documents', () => {
  const lines = documents.flatMap(shellLines);

  it('name only verbs and options that exist', () => {
    const ours = lines.filter(line => /^(?:\.\/)?anycast /.test(line) && !line.startsWith('./anycast setup'));
    assert.ok(ours.length > 10, 'the README shows how to use it');
    assert.deepEqual(ours.flatMap(complaints), []);
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const text = documents.map(path => readFileSync(path, 'utf8')).join('\n');
    const named = [...text.matchAll(/npm (?:run )?(start|test|[a-z]+)\b/g)].map(([, name = '']) => name);
    const known = [...Object.keys(scripts), 'packages', 'and', 'ci'];
    assert.deepEqual(
      named.filter(name => !known.includes(name)),
      [],
    );
  });

  it('name every drill in the README', () => {
    const readme = readFileSync('README.md', 'utf8');
    assert.deepEqual(
      drills.map(({ name }) => name).filter(name => !readme.includes(name)),
      [],
    );
  });

  it('name only files that exist', () => {
    const text = documents.map(path => readFileSync(path, 'utf8')).join('\n');
    const paths = [...text.matchAll(/`((?:src|test|deploy|bird-configs)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    assert.deepEqual(
      paths.filter(path => !existsSync(path)),
      [],
    );
  });
});
