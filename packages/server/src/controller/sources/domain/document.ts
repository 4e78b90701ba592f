// Text -> document, or everything that is wrong with it, each with its line and path. Nothing of a document that is wrong anywhere is used.
import { isMap, isNode, LineCounter, type ParsedNode, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { mistakes_of } from './references.ts';
import { DOCUMENT, type DomainDocument } from './schema.ts';

/** Reading YAML takes about a second a MiB, and nothing else is done meanwhile; JSON is fifty times faster. */
const YAML_CHARS_MAX = 1024 * 1024;
const PROBLEMS_MAX = 20;

export interface Problem {
  /** `chosts[3].uuid`; '' = the document as such. */
  readonly path: string;
  /** From 1; 0 = not known. */
  readonly line: number;
  readonly problem: string;
}
export type Read =
  | { readonly ok: true; readonly document: DomainDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export const sentence = ({ path, line, problem }: Problem): string =>
  `${line === 0 ? '' : `line ${line}: `}${path === '' ? '' : `${path}: `}${problem}`;

type Path = readonly PropertyKey[];
type LineOf = (path: Path) => number;

export function read_document(text: string): Read {
  const raw = raw_of(text);
  if ('problems' in raw) return { ok: false, problems: raw.problems };
  const value = without_empty(raw.value);
  if (value === undefined)
    return {
      ok: false,
      problems: [{ path: '', line: 0, problem: 'there is nothing in it; what takes everything back is {}' }],
    };
  const parsed = DOCUMENT.safeParse(value);
  const found = parsed.success
    ? mistakes_of(parsed.data).map(({ path, what }) => ({ path: path as Path, what }))
    : parsed.error.issues.flatMap((issue) => mistakes_in(issue, value));
  if (parsed.success && found.length === 0) return { ok: true, document: parsed.data };
  const problems = found
    .slice(0, PROBLEMS_MAX)
    .map(({ path, what }): Problem => ({ path: path_text(path), line: raw.line_of(path), problem: what }));
  if (found.length > PROBLEMS_MAX)
    problems.push({ path: '', line: 0, problem: `${found.length - PROBLEMS_MAX} further mistakes` });
  return { ok: false, problems };
}

function raw_of(
  text: string,
): { readonly value: unknown; readonly line_of: LineOf } | { readonly problems: readonly Problem[] } {
  const json = /^\s*[{[]/.test(text) ? from_json(text) : undefined;
  if (json !== undefined && text.length > YAML_CHARS_MAX) return { ...json, line_of: () => 0 };
  if (text.length > YAML_CHARS_MAX)
    return { problems: [{ path: '', line: 0, problem: 'YAML is taken up to 1 MiB; write a larger document as JSON' }] };
  // YAML holds JSON; it is read once more as that only to tell lines.
  let yaml: { readonly document: Document.Parsed<ParsedNode>; readonly lines: LineCounter } | undefined;
  const read = () => (yaml ??= from_yaml(text));
  if (json === undefined && read().document.errors.length > 0)
    return {
      problems: read()
        .document.errors.slice(0, PROBLEMS_MAX)
        .map(({ message, linePos }) => ({
          path: '',
          line: linePos?.[0].line ?? 0,
          problem: `this is no YAML: ${(message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')}`,
        })),
    };
  const line_of: LineOf = (path) => line_in(read().document, read().lines, path);
  if (json !== undefined) return { ...json, line_of };
  try {
    return { value: read().document.toJS({ maxAliasCount: 100 }), line_of };
  } catch (error) {
    return { problems: [{ path: '', line: 0, problem: `this is no YAML: ${(error as Error).message}` }] };
  }
}

function from_json(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function from_yaml(text: string) {
  const lines = new LineCounter();
  return {
    document: parseDocument(text, { schema: 'failsafe', stringKeys: true, logLevel: 'error', lineCounter: lines }),
    lines,
  };
}

/** Of the value, or of the nearest thing around it that is there. */
function line_in(document: Document.Parsed<ParsedNode>, lines: LineCounter, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true) ?? document.contents;
    const key = path[depth - 1];
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(key)) : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return document.contents?.range ? lines.linePos(document.contents.range[0]).line : 0;
}

/** What is written and empty is not there. */
function without_empty(value: unknown): unknown {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) return value.map((one: unknown) => without_empty(one) ?? '');
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => {
      const kept = without_empty(one);
      return kept === undefined ? [] : [[key, kept]];
    }),
  );
}

function mistakes_in(issue: z.core.$ZodIssue, value: unknown): { path: Path; what: string }[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...issue.path, key], what: 'no such name is known here' }));
  const found = issue.path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
  if (found === undefined) return [{ path: issue.path, what: 'is missing' }];
  const wanted = issue.code === 'invalid_type' ? WANTED[issue.expected] : undefined;
  return [{ path: issue.path, what: wanted ?? plain_message(issue) }];
}

const WANTED: Readonly<Record<string, string>> = {
  array: 'must be a list',
  object: 'must be names with values',
  string: 'must be a text',
};

const plain_message = ({ code, message }: z.core.$ZodIssue): string =>
  code === 'too_small'
    ? 'must not be empty'
    : code === 'too_big'
      ? message.replace(/^Too big: /, 'is too big: ')
      : message;

const path_text = (path: Path): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
