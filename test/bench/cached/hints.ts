/** The closed DNS's root, as a file that Unbound, PowerDNS and BIND read alike. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { places } from '../universe/zones.ts';

export async function writeHints(folder: string): Promise<string> {
  const path = join(folder, 'root.hints');
  await writeFile(path, `. 3600 IN NS a.root.test.\na.root.test. 3600 IN A ${places.root}\n`);
  return path;
}
