/**
 * `anycast query`: one question to one server over any of the transports, and what it says, with the PoP that said it.
 *
 * Ends with 0 when there is an answer, whatever its rcode; with 69 when there is none.
 */
import { readFile } from 'node:fs/promises';
import type { IpAddress } from '../ip/address.ts';
import { describeError, exitCodes, Fault } from '../system/fault.ts';
import type { AskedServer, AskTransport } from './asking/ask.ts';
import { type CommandKind, configOption } from './command.ts';
import { durationOption, portOption } from './inputs/options.ts';

const standardPorts: Readonly<Record<AskTransport, number>> = { udp: 53, tcp: 53, dot: 853, doh: 443 };

export const queryCommand: CommandKind = {
  name: 'query',
  define(command, runs) {
    configOption(
      command
        .summary('ask a DNS server one question and show what it says')
        .description(
          'Asks for NAME, type A unless another is named, and prints the answer in presentation format.\nWithout @SERVER the first service address of the deployment is asked.\nExit code: 0 an answer came, whatever it says; 69 none came.',
        )
        .argument('<words...>', 'NAME [TYPE] [CLASS] [@SERVER]')
        .option('--port <number>', 'its port; 53, or 853 and 443 with --dot and --doh', portOption)
        .option('--nsid', 'ask for the name of the PoP that answers')
        .option('--dnssec', 'ask for signatures')
        .option('--tcp', 'over TCP')
        .option('--dot', 'over TLS')
        .option('--doh', 'over HTTPS')
        .option('--path <path>', 'of the DoH resource', '/dns-query')
        .option('--tls-name <name>', 'what the certificate must be for; else the address')
        .option('--ca-file <file>', "authorities to trust (PEM) instead of the system's")
        .option('--insecure', 'take any certificate')
        .option('--timeout <time>', 'how long to wait for the answer', durationOption, 5000)
        .option('--json', 'as JSON'),
    ).action(
      runs(async (signal, words: readonly string[], options: QueryArguments) => {
        const { queryWords } = await import('./inputs/query-words.ts');
        const { ask } = await import('./asking/ask.ts');
        const { askedJson, askedText } = await import('./asking/asked-text.ts');
        const { systemClock } = await import('../system/clock.ts');
        const transport = transportOf(options);
        const { question, server: named } = queryWords(words);
        const server: AskedServer = {
          address: named ?? (await serviceAddress(options.config)),
          port: options.port ?? standardPorts[transport],
          transport,
          tls: {
            name: options.tlsName,
            authorities: options.caFile === undefined ? undefined : await authorities(options.caFile),
            isInsecure: options.insecure ?? false,
          },
          path: options.path,
        };
        const asked = await ask({
          question,
          server,
          nsid: options.nsid ?? false,
          dnssecOk: options.dnssec ?? false,
          timeoutMs: options.timeout,
          clock: systemClock,
          signal,
        });
        process.stdout.write(
          options.json ? `${JSON.stringify(askedJson(asked, server))}\n` : askedText(asked, server),
        );
        return exitCodes.done;
      }),
    );
  },
};

interface QueryArguments {
  readonly config: string;
  readonly port?: number;
  readonly nsid?: boolean;
  readonly dnssec?: boolean;
  readonly tcp?: boolean;
  readonly dot?: boolean;
  readonly doh?: boolean;
  readonly path: string;
  readonly tlsName?: string;
  readonly caFile?: string;
  readonly insecure?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

function transportOf(options: QueryArguments): AskTransport {
  const [transport = 'udp', ...others] = (['tcp', 'dot', 'doh'] as const).filter(each => options[each]);
  if (others.length > 0) throw new Fault('usage', 'choose one of --tcp, --dot and --doh');
  const { tlsName, caFile, insecure } = options;
  const isEncrypted = transport === 'dot' || transport === 'doh';
  if (!isEncrypted && (tlsName !== undefined || caFile !== undefined || insecure))
    throw new Fault('usage', '--tls-name, --ca-file and --insecure need an encrypted transport', {
      hint: 'add --dot or --doh',
    });
  if (insecure && caFile !== undefined)
    throw new Fault('usage', '--insecure takes any certificate: --ca-file would say nothing');
  return transport;
}

async function serviceAddress(config: string): Promise<IpAddress> {
  const { readFileIfAny } = await import('../system/files.ts');
  if ((await readFileIfAny(config)) === undefined)
    throw new Fault('usage', `no server is named, and there is no ${config}`, {
      hint: 'name one: anycast query NAME @ADDRESS',
    });
  const { loadDeployment } = await import('./inputs/deployment.ts');
  const [first] = (await loadDeployment(config)).service.addresses;
  if (!first) throw new Fault('usage', `${config} names no service address`);
  return first;
}

async function authorities(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Fault('usage', `cannot read --ca-file: ${describeError(cause)}`, { cause });
  }
}
