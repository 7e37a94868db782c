/** argv to command. The only place that prints a fault and the only one that ends the process. */
import { flushCompileCache } from 'node:module';
import { Command } from 'commander';
import { describeError, exitCodeOf, exitCodes, Fault } from './system/fault.ts';

// The launcher names a folder for compiled code. Node writes it when a process ends by itself; those of a lab are killed.
setTimeout(flushCompileCache, 3000).unref();

const { commands } = await import('./commands/commands.ts');

const program = new Command('anycast')
  .description(
    'Anycast DNS: a resolver at every PoP, announced by BGP only while it is healthy, and a lab to break it in.',
  )
  .version('0.1.0')
  // Options after a verb are the verb's: `anycast lab exec NODE -- dig +short -x ...` keeps its own.
  .enablePositionalOptions()
  .exitOverride(error => {
    if (error.exitCode === 0) throw error;
    // Commander has printed the help itself where a verb is lacking.
    const message = error.code === 'commander.help' ? 'a verb is missing' : error.message;
    throw new Fault('usage', message.replace(/^error: /, ''), { hint: 'anycast --help lists the verbs' });
  })
  .configureOutput({ outputError: () => undefined });

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stop.abort(new Error(name)));
}

let exitCode: number = exitCodes.done;

for (const kind of commands) {
  const command = program.command(kind.name, { hidden: kind.hidden ?? false }).copyInheritedSettings(program);
  kind.define(command, action => async (...args) => {
    exitCode = (await action(stop.signal, ...args)) ?? exitCodes.done;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  exitCode = report(error);
}
process.exit(exitCode);

function report(error: unknown): number {
  if (error instanceof Fault) {
    process.stderr.write(`anycast: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
    if (error.code === 'internal') process.stderr.write(`${error.stack}\n`);
    return exitCodeOf(error.code);
  }
  // Commander ends --help and --version by an error whose exit code is 0.
  if (error instanceof Error && 'exitCode' in error && error.exitCode === 0) return exitCodes.done;
  if (stop.signal.aborted && error === stop.signal.reason) return exitCodes.fault;
  process.stderr.write(
    `anycast: unexpected: ${error instanceof Error ? error.stack : describeError(error)}\n`,
  );
  return exitCodes.fault;
}
