/** What the operator wants of this PoP, kept in the run directory so that a restart of the agent does not forget it. */
import { unlink } from 'node:fs/promises';
import { Fault } from '../system/fault.ts';
import { readFileIfAny, writeFileAtomically } from '../system/files.ts';

/**
 * - `serve`: announce while healthy.
 * - `drain`: withdraw, wait until it is quiet, take the service address away.
 * - `withdraw`: withdraw, and go on answering whoever still comes.
 */
export type IntentKind = 'serve' | 'drain' | 'withdraw';

export interface Intent {
  readonly kind: IntentKind;
  /** When it was given, ISO 8601; absent while nobody ever gave one. */
  readonly since?: string;
}

export const intentKinds: readonly IntentKind[] = ['serve', 'drain', 'withdraw'];

export const serveIntent: Intent = { kind: 'serve' };

export interface IntentStore {
  read(): Promise<Intent>;
  write(intent: Intent): Promise<void>;
}

/** Keeps the intent at `path`; no file means serve. */
export function intentFile(path: string): IntentStore {
  return {
    async read() {
      const text = await readFileIfAny(path);
      return text === undefined ? serveIntent : parseIntent(text, path);
    },
    async write(intent) {
      // Serving is what a PoP does when nobody said otherwise: no file, nothing to go stale.
      if (intent.kind !== 'serve') return await writeFileAtomically(path, `${JSON.stringify(intent)}\n`);
      await unlink(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    },
  };
}

function parseIntent(text: string, path: string): Intent {
  try {
    const { kind, since } = JSON.parse(text) as Record<string, unknown>;
    const known = intentKinds.find(name => name === kind);
    if (known) return typeof since === 'string' ? { kind: known, since } : { kind: known };
  } catch {
    // Said below: a file that is no JSON is as wrong as one that names no intent.
  }
  throw new Fault('config-invalid', `${path} holds no intent`, {
    hint: 'delete it to serve, or write {"kind":"drain"} into it to stay drained',
  });
}
