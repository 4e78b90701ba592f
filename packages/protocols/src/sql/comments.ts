// Trace context that libraries write into comments: /* traceparent: 00-... */ and, percent-encoded, /*traceparent='00-...'*/.
import { type Dialect, has_hash_comments, KIND, Tokens } from './tokens.ts';

/** Values of the wanted keys in a statement's comments. Keys are lower case; the first value of a key counts. */
export function comment_values(
  text: string,
  dialect: Dialect,
  keys: readonly string[],
): Map<string, string> | undefined {
  // Nearly all statements have no comment: one look decides.
  if (!text.includes('/*') && !text.includes('--') && !(has_hash_comments(dialect) && text.includes('#')))
    return undefined;
  let values: Map<string, string> | undefined;
  const tokens = new Tokens(text, dialect);
  while (tokens.next()) {
    if (tokens.kind !== KIND.comment) continue;
    const comment = tokens.value;
    for (const match of comment.matchAll(/([\w.-]+)\s*[:=]\s*(?:'([^']*)'|"([^"]*)"|([^\s,;'"*]+))/g)) {
      const key = match[1]!.toLowerCase();
      if (!keys.includes(key) || values?.has(key)) continue;
      values ??= new Map();
      values.set(key, decoded(match[2] ?? match[3] ?? match[4] ?? ''));
    }
  }
  return values;
}

function decoded(value: string): string {
  if (!value.includes('%')) return value;
  return value.replace(/%([0-7][0-9a-fA-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
