/** `anycast query`: one question to one server, over any of the transports that the resolver speaks. */
import type { Transport } from '../resolver/transport.ts';
import { Fault } from '../system/fault.ts';
import { type CommandKind, configOption } from './command.ts';
import { durationOption, numberOption } from './inputs/options.ts';

interface QueryOptions {
  readonly config: string;
  readonly port?: number;
  readonly tcp?: boolean;
  readonly dot?: boolean;
  readonly doh?: boolean;
  readonly path: string;
  readonly tlsName?: string;
  readonly caFile?: string;
  readonly insecure?: boolean;
  readonly nsid?: boolean;
  readonly dnssec?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

export const queryCommand: CommandKind = {
  name: 'query',
  define(command, runs) {
    configOption(command)
      .summary('ask a server, as a client does')
      .description(
        'Asks the service address of the deployment, or the address after an @.\n' +
          'Exit code: 0 there was an answer, whatever it says; 69 there was none.',
      )
      .argument('<name>', 'the name to ask for')
      .argument('[type and @server...]', 'e.g. AAAA, or MX @192.0.2.53')
      .option('--port <number>', '53, with --dot 853, with --doh 443', numberOption)
      .option('--tcp', 'over TCP')
      .option('--dot', 'over TLS (RFC 7858)')
      .option('--doh', 'over HTTPS (RFC 8484)')
      .option('--path <path>', 'of DoH', '/dns-query')
      .option('--tls-name <name>', 'the name that the certificate must be for')
      .option('--ca-file <file>', 'whose certificates are believed, PEM; else the system says')
      .option('--insecure', 'believe any certificate')
      .option('--nsid', 'ask which server answers (RFC 5001)')
      .option('--dnssec', 'ask for signatures')
      .option('--timeout <time>', 'how long to wait', durationOption, 5000)
      .option('--json', 'as JSON')
      .action(runs(query));
  },
};

async function query(
  signal: AbortSignal,
  name: string,
  rest: readonly string[],
  options: QueryOptions,
): Promise<undefined> {
  const { askServer, standardPorts } = await import('./inputs/ask-server.ts');
  const { decodeMessage } = await import('../dns/message.ts');
  const { WireFault } = await import('../dns/wire-fault.ts');
  const { replyJson, replyText } = await import('./inputs/reply-text.ts');
  const transport = transportOf(options);
  const address = await serverOf(rest, options.config);
  const port = options.port ?? standardPorts[transport];
  const { readFile } = await import('node:fs/promises');
  const { tlsName, caFile, insecure = false, path, timeout, json } = options;
  if ((transport === 'dot' || transport === 'doh') && tlsName === undefined && !insecure) {
    throw new Fault('usage', `over ${transport} the server must be told by name`, {
      hint: 'add --tls-name NAME, the name in its certificate, or --insecure to believe any',
    });
  }
  const ca =
    caFile === undefined ? undefined : await readFile(caFile).catch(error => unreadable(caFile, error));
  const octets = await queryOctets(name, rest, { transport, ...options });
  const server = { address, port, transport, tlsName, ca, isUnverified: insecure, path };
  const ask = async (over: Transport) => {
    const startedMs = performance.now();
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    const reply = await askServer(octets, { ...server, transport: over }, within);
    const facts = {
      server: `${address.text}#${port} over ${over}`,
      octets: reply.length,
      ms: performance.now() - startedMs,
    };
    return { message: decodeMessage(reply), facts };
  };
  try {
    const first = await ask(transport);
    const { message, facts } = transport === 'udp' && first.message.flags.tc ? await ask('tcp') : first;
    const reply = replyJson(message, facts);
    process.stdout.write(json ? `${JSON.stringify(reply, null, 2)}\n` : replyText(reply));
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WireFault)
      throw new Fault('unreachable', `the answer is no DNS message: ${error.message}`);
    const reason =
      error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : String(error);
    throw new Fault('unreachable', `${address.text}, port ${port}, over ${transport}: ${reason}`, {
      cause: error,
    });
  }
}

function transportOf({ tcp, dot, doh }: QueryOptions): Transport {
  const chosen = [tcp && 'tcp', dot && 'dot', doh && 'doh'].filter(each => typeof each === 'string');
  if (chosen.length > 1) throw new Fault('usage', 'one of --tcp, --dot and --doh');
  return (chosen[0] as Transport | undefined) ?? 'udp';
}

/** The address after an @; without one the deployment's first service address. */
async function serverOf(rest: readonly string[], config: string) {
  const { parseIpAddress } = await import('../ip/address.ts');
  const told = rest.find(each => each.startsWith('@'))?.slice(1);
  if (told === undefined) {
    const { loadDeployment } = await import('./inputs/deployment.ts');
    const [address] = (await loadDeployment(config)).service.addresses;
    if (address) return address;
  }
  const address = parseIpAddress(told ?? '');
  if (!address)
    throw new Fault('usage', `'${told}' is not an IP address`, { hint: 'write e.g. @203.0.113.53' });
  return address;
}

async function queryOctets(
  nameText: string,
  rest: readonly string[],
  { nsid, dnssec, transport }: QueryOptions & { readonly transport: Transport },
): Promise<Uint8Array> {
  const { randomInt } = await import('node:crypto');
  const { encodeMessage } = await import('../dns/message.ts');
  const { parseName } = await import('../dns/name.ts');
  const { parseRecordType, recordTypes } = await import('../dns/record-type.ts');
  const { recordClasses } = await import('../dns/record-class.ts');
  const { nsidRequest } = await import('../dns/options/nsid.ts');
  const { paddingBlocks } = await import('../dns/options/padding.ts');
  const words = rest.filter(each => !each.startsWith('@'));
  const typeText = words.find(each => each !== 'CH' && each !== 'IN') ?? (words.includes('CH') ? 'TXT' : 'A');
  const name = parseName(nameText);
  const type = parseRecordType(typeText.toUpperCase());
  if (!name) throw new Fault('usage', `'${nameText}' is not a domain name`);
  if (type === undefined)
    throw new Fault('usage', `'${typeText}' is not a record type`, {
      hint: `e.g. A, ${Object.keys(recordTypes)[1]}, TYPE65280`,
    });
  const isEncrypted = transport === 'dot' || transport === 'doh';
  return encodeMessage(
    {
      // RFC 8484 section 4.1: the same question is then the same request, which caches can answer.
      id: transport === 'doh' ? 0 : randomInt(0x1_0000),
      opcode: 0,
      rcode: 0,
      flags: { qr: false, aa: false, tc: false, rd: true, ra: false, ad: true, cd: false },
      questions: [{ name, type, class: words.includes('CH') ? recordClasses.CH : recordClasses.IN }],
      answers: [],
      authorities: [],
      additionals: [],
      edns: {
        udpPayloadSize: 1232,
        version: 0,
        dnssecOk: dnssec ?? false,
        options: nsid ? [nsidRequest] : [],
      },
    },
    isEncrypted ? { padTo: paddingBlocks.query } : {},
  );
}

function unreadable(file: string, error: Error): never {
  throw new Fault('usage', `${file} cannot be read: ${error.message}`, { cause: error });
}
