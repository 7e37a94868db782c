/** Reads anycast.yaml: text, then raw values with their lines, then the normalised configuration or every complaint. */

import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { describeError, Fault } from '../system/fault.ts';
import { readFileIfAny } from '../system/files.ts';
import {
  type AnycastConfig,
  anycastSchema,
  type ConfigKinds,
  checkSchema,
  type PopSlice,
} from './anycast-config.ts';
import { inconsistencies } from './consistency.ts';
import { explainIssue } from './explain-issue.ts';
import { suggestion } from './nearest.ts';

/** Complaints printed at once; the rest are counted. */
const complaintsShown = 8;

/** @throws Fault `config-invalid` with one line per complaint: file, line, key, what to do. */
export async function loadConfig(path: string, kinds: ConfigKinds): Promise<AnycastConfig> {
  return parseConfig(await readConfigText(path), path, kinds);
}

/** The text of the file, not yet looked at. @throws Fault `config-invalid` when it cannot be read. */
export async function readConfigText(path: string): Promise<string> {
  const text = await readFileIfAny(path).catch(cause => {
    throw new Fault('config-invalid', `cannot read the configuration: ${describeError(cause)}`, {
      hint: `is ${path} a file, and may this user read it?`,
      cause,
    });
  });
  if (text === undefined) {
    throw new Fault('config-invalid', `there is no configuration file ${path}`, {
      hint: 'name one with --config FILE; the repository has an example, anycast.yaml',
    });
  }
  return text;
}

/** As `loadConfig`, for text already read; `path` is only for messages. */
export function parseConfig(text: string, path: string, kinds: ConfigKinds): AnycastConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const complaints: Located[] = document.errors.map(error => ({
    line: lines.linePos(error.pos[0]).line,
    message: error.message.split('\n')[0] ?? error.message,
  }));
  if (complaints.length > 0) throw refused(path, complaints);
  const locate = (keys: readonly PropertyKey[], message: string): Located => ({
    line: lineOf(document, lines, keys),
    message: keys.length > 0 ? `${keys.map(String).join('.')}: ${message}` : message,
  });
  const parsed = anycastSchema.safeParse(plainValue(document, path));
  if (!parsed.success)
    throw refused(
      path,
      parsed.error.issues
        .flatMap(issue => explainIssue(issue, anycastSchema))
        .map(({ path: keys, message }) => locate(keys, message)),
    );
  const config = withCheckOptions(parsed.data, kinds, locate, complaints);
  complaints.push(...inconsistencies(config).map(({ path: keys, message }) => locate(keys, message)));
  if (complaints.length > 0) throw refused(path, complaints);
  return deepFreeze(config);
}

/** The slice of one PoP. @throws Fault `usage` when there is no such PoP. */
export function popOf(config: AnycastConfig, name: string): PopSlice {
  const pop = Object.hasOwn(config.pops, name) ? config.pops[name] : undefined;
  if (!pop) {
    throw new Fault('usage', `there is no PoP '${name}' in the configuration`, {
      hint: suggestion(name, Object.keys(config.pops)),
    });
  }
  return { name, pop, config };
}

/** The document as values. An alias without its anchor is noticed only here. */
function plainValue(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw refused(path, [{ line: 1, message: describeError(error) }]);
  }
}

interface Located {
  readonly line: number;
  readonly message: string;
}

/** Parses each check's own keys with the schema of its kind, into `options`. */
function withCheckOptions(
  config: AnycastConfig,
  kinds: ConfigKinds,
  locate: (keys: readonly PropertyKey[], message: string) => Located,
  complaints: Located[],
): AnycastConfig {
  for (const [name, pop] of Object.entries(config.pops)) {
    if (!kinds.drivers.includes(pop.driver))
      complaints.push(
        locate(
          ['pops', name, 'driver'],
          `unknown driver '${pop.driver}': ${suggestion(pop.driver, kinds.drivers)}`,
        ),
      );
  }
  const checks = Object.entries(config.checks).map(([name, check]) => {
    const { kind, class: faultClass, interval, fastInterval, timeout, rise, fall, ...own } = check;
    const schema = Object.hasOwn(kinds.checks, kind) ? kinds.checks[kind] : undefined;
    if (!schema) {
      const hint = suggestion(kind, Object.keys(kinds.checks));
      complaints.push(locate(['checks', name, 'kind'], `unknown check '${kind}': ${hint}`));
      return [name, check] as const;
    }
    const result = schema.safeParse(own);
    if (!result.success) {
      const known = Object.keys(checkSchema.shape);
      const explained = result.error.issues.flatMap(issue => explainIssue(issue, schema, known));
      complaints.push(...explained.map(({ path, message }) => locate(['checks', name, ...path], message)));
    }
    const common = {
      kind,
      ...(faultClass && { class: faultClass }),
      interval,
      fastInterval,
      timeout,
      rise,
      fall,
    };
    return [name, { ...common, options: result.data }] as const;
  });
  return { ...config, checks: Object.fromEntries(checks) };
}

/** The line of the key at `keys`, or of the nearest parent that is written down. */
function lineOf(document: Document, lines: LineCounter, keys: readonly PropertyKey[]): number {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const node = document.getIn(keys.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function refused(path: string, complaints: readonly Located[]): Fault {
  const shown = complaints
    .slice(0, complaintsShown)
    .map(({ line, message }) => `${path}:${line}: ${message}`);
  const rest = complaints.length - shown.length;
  const message = [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
  return new Fault('config-invalid', message, {
    hint: 'nothing was started or changed; correct the file and try again',
  });
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
