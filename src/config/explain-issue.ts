/** What a schema's complaint says to whoever wrote the file: one message per key, and the nearest known key for an unknown one. */
import type { z } from 'zod';
import { suggestion } from './nearest.ts';

export interface ExplainedIssue {
  /** Of the key that is wrong, from the value that the schema was given. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** One complaint per fault of a key; at the top, `alsoKnown` are among the known keys. */
export function explainIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  alsoKnown: readonly string[] = [],
): ExplainedIssue[] {
  const meant = issue.code === 'invalid_union' ? meantMember(issue.errors) : undefined;
  if (meant)
    return meant.flatMap(each => explainIssue({ ...each, path: [...issue.path, ...each.path] }, schema));
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  const known = [...knownKeys(schema, issue.path), ...(issue.path.length === 0 ? alsoKnown : [])];
  return issue.keys.map(key => ({
    path: [...issue.path, key],
    message: `unknown key: ${suggestion(key, known)}`,
  }));
}

/** The complaints of the one member of a union that takes a value of this kind, and has a fault further in. */
function meantMember(
  errors: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const [meant, ...others] = errors.filter(issues => issues.every(({ path }) => path.length > 0));
  return others.length === 0 ? meant : undefined;
}

/** The keys that the object schema at `path` knows. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  let at: unknown = unwrap(schema);
  for (const key of path) {
    const def = (at as { def?: SchemaDef }).def;
    at = unwrap(def?.shape?.[String(key)] ?? def?.element ?? def?.valueType);
  }
  return Object.keys((at as { def?: SchemaDef } | undefined)?.def?.shape ?? {});
}

interface SchemaDef {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly innerType?: unknown;
  readonly in?: unknown;
  readonly options?: readonly unknown[];
}

/** The schema inside defaults, optionals and transforms; of a union the first member, which is the one with keys. */
function unwrap(schema: unknown): unknown {
  const def = (schema as { def?: SchemaDef } | undefined)?.def;
  const inner = def?.innerType ?? def?.in ?? def?.options?.[0];
  return inner === undefined ? schema : unwrap(inner);
}
