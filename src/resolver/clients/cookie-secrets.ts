/**
 * The file of cookie secrets, the same at every PoP: as Unbound's cookie-secret-file, one secret of 128 bits in hexadecimal
 * a line, the first being the active one. Blank lines and lines that begin with # are passed over.
 *
 * A new secret is rolled out in three steps (RFC 9018 section 5): as the second line everywhere, so that all accept it; as
 * the first line everywhere; an hour later without the old one. What it holds appears in no error, log line or status.
 */
import { open } from 'node:fs/promises';
import { describeError, Fault } from '../../system/fault.ts';
import { type SipKey, sipKey } from './siphash.ts';

/** Secrets in one file: each may cost a hash per query. */
const mostSecrets = 4;

/** Octets: the secrets and as many words about them. */
const longestFile = 16_384;

export interface SecretsFile {
  readonly secrets: readonly SipKey[];
  /** Changes when the file is written or replaced. */
  readonly stamp: string;
  readonly isReadableByAll: boolean;
}

/** @throws Fault `environment` when the file cannot be read, or anyone may write it; `config-invalid` for what is in it. */
export async function readSecretsFile(path: string): Promise<SecretsFile> {
  try {
    await using file = await open(path, 'r');
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > longestFile)
      throw new Fault('config-invalid', `${path} is no file of cookie secrets`, { hint });
    if ((stat.mode & 0o002) !== 0)
      throw new Fault('environment', `anyone can write ${path}, and so forge cookies`, {
        hint: `chmod 600 ${path}`,
      });
    return {
      secrets: parseSecrets(await file.readFile('utf8'), path),
      stamp: stampOf(stat),
      isReadableByAll: (stat.mode & 0o004) !== 0,
    };
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('environment', `cannot read the cookie secrets: ${describeError(cause)}`, {
      hint: `put them into ${path}, readable by the resolver's user alone`,
      cause,
    });
  }
}

export function stampOf(stat: {
  readonly mtimeMs: number;
  readonly ino: number;
  readonly size: number;
}): string {
  return `${stat.mtimeMs} ${stat.ino} ${stat.size}`;
}

const hint = 'one secret of 32 hexadecimal digits a line, the active one first: openssl rand -hex 16';

/** @throws Fault `config-invalid`, which tells the line and never what is in it. */
export function parseSecrets(text: string, path: string): SipKey[] {
  const secrets: SipKey[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    const digits = line.trim().toLowerCase();
    if (digits === '' || digits.startsWith('#')) continue;
    const refuse = (why: string): Fault =>
      new Fault('config-invalid', `line ${index + 1} of ${path} ${why}`, { hint });
    if (!/^[0-9a-f]{32}$/.test(digits)) throw refuse('is no secret of 32 hexadecimal digits');
    if (seen.has(digits)) throw refuse('holds a secret for the second time');
    if (secrets.length === mostSecrets) throw refuse(`is one too many: at most ${mostSecrets} secrets`);
    seen.add(digits);
    secrets.push(sipKey(Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16))));
  }
  if (secrets.length === 0) throw new Fault('config-invalid', `${path} holds no secret`, { hint });
  return secrets;
}
