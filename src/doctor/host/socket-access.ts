/** Whether this user may speak to a process on its Unix socket. */
import { access, constants } from 'node:fs/promises';

/** `denied` also where a folder above the socket is closed to this user, and nobody can say whether it is there. */
export type SocketAccess = 'given' | 'denied' | 'missing';

export async function socketAccess(path: string): Promise<SocketAccess> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return 'given';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'denied' : 'missing';
  }
}
