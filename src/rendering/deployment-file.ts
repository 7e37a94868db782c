/** anycast.yaml without its passwords: each is replaced by the path of the file that holds it on the host. */
import { parse, stringify } from 'yaml';
import { passwordFolder } from './places.ts';

const header = `# Made by \`anycast render\`: BGP passwords are in files of their own, readable by the sidecar alone.
`;

/** What is looked at in the file; it was loaded before, so it has this shape. */
interface Deployment {
  readonly pops: Readonly<Record<string, { readonly neighbours: readonly Neighbour[] }>>;
}

interface Neighbour {
  readonly name: string;
  readonly password?: string;
  readonly passwordFile?: string;
}

/** The text as it stands, comments and all, where it has no password in it. */
export function deploymentFile(text: string): string {
  // As values and not as text: an anchor may have given one password to many neighbours.
  const deployment = parse(text) as Deployment;
  const passwords = Object.values(deployment.pops).flatMap(pop =>
    pop.neighbours.flatMap(({ password }) => password ?? []),
  );
  const files = Object.values(deployment.pops).flatMap(pop =>
    pop.neighbours.flatMap(({ passwordFile }) => passwordFile ?? []),
  );
  if (passwords.length + files.length === 0) return text;
  const pops = Object.fromEntries(
    Object.entries(deployment.pops).map(([name, pop]) => [
      name,
      { ...pop, neighbours: pop.neighbours.map(withoutPassword) },
    ]),
  );
  return header + stringify({ ...deployment, pops }, { lineWidth: 120, aliasDuplicateObjects: false });
}

function withoutPassword(neighbour: Neighbour): Neighbour {
  const { password, passwordFile, ...rest } = neighbour;
  if (password === undefined && passwordFile === undefined) return neighbour;
  return { ...rest, passwordFile: `${passwordFolder}/${rest.name}` };
}
