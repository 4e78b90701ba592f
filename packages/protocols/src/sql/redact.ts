import { type Dialect, KIND, Tokens } from './tokens.ts';

/** Statements that carry login secrets where no literal need stand. */
const SECRETIVE = /^(?:IDENTIFIED|PASSWORD|PASSWD)$/i;

/** The statement with every literal as '?' and without comments. Safe on text that was cut anywhere. */
export function redact_sql(text: string, dialect: Dialect): string {
  const tokens = new Tokens(text, dialect);
  let out = '';
  /** Text up to here is in `out`. */
  let copied = 0;
  while (tokens.next()) {
    const { kind, start, end } = tokens;
    if (kind !== KIND.literal && kind !== KIND.comment) continue;
    out += text.slice(copied, start);
    copied = end;
    if (kind === KIND.literal) out += '?';
    else if (start > 0 && !/\s$/.test(out) && out !== '') out += ' ';
  }
  return (out + text.slice(copied)).trim();
}

/** Whether a statement sets a password: its literals are hidden even when redaction is off. */
export function holds_secret(text: string, dialect: Dialect): boolean {
  if (!/identified|passw/i.test(text)) return false;
  const tokens = new Tokens(text, dialect);
  let verb = '';
  while (tokens.next_solid()) {
    if (tokens.kind !== KIND.word) continue;
    verb ||= tokens.upper;
    if (!/^(?:CREATE|ALTER|GRANT|SET|CHANGE|START)$/.test(verb)) return false;
    if (SECRETIVE.test(tokens.value) || /_PASSWORD$/.test(tokens.upper)) return true;
  }
  return false;
}

/** What of a statement may be stored. */
export function storable_sql(text: string, dialect: Dialect, redact: boolean): string {
  return redact || holds_secret(text, dialect) ? redact_sql(text, dialect) : text;
}
