/** Setting a router up in the PoP's run directory: its files written, then checked by the router itself. */
import { dirname, join } from 'node:path';
import type { PopSlice } from '../config/anycast-config.ts';
import { makeFolder, writeFileAtomically } from '../system/files.ts';
import { withPasswords } from './passwords.ts';
import type { RouterKind } from './router.ts';

/** @throws Fault `config-invalid` when the router refuses its files, `environment` when they cannot be written or a password not read. */
export async function prepareRouter(
  router: RouterKind,
  slice: PopSlice,
  { runDirectory, signal }: { readonly runDirectory: string; readonly signal: AbortSignal },
): Promise<void> {
  for (const { path, text, mode } of await router.files(await withPasswords(slice))) {
    const file = join(runDirectory, path);
    // The agent writes its own file beside the router's: as another user it does so by the group.
    await makeFolder(dirname(file), 0o770);
    await writeFileAtomically(file, text, mode);
  }
  await router.check(runDirectory, signal);
}
