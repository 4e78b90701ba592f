// Trace context in a statement's comments.
import type { TracePairs } from '../trace-pairs.ts';
import { note_text } from '../trace-text.ts';
import { type Dialect, has_hash_comments, KIND, Tokens } from './tokens.ts';

/** Nearly all statements have none: one look decides. */
export function may_have_comments(text: string, dialect: Dialect): boolean {
  return text.includes('/*') || text.includes('--') || (has_hash_comments(dialect) && text.includes('#'));
}

export function note_comments(text: string, dialect: Dialect, traces: TracePairs): void {
  const tokens = new Tokens(text, dialect);
  while (tokens.next()) if (tokens.kind === KIND.comment) note_text(tokens.value, traces);
}
