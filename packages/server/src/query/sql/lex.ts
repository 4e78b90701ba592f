// Statement text -> tokens. MySQL's habits: `name`, 'text', "text", -- comment, /* comment */.
import { invalid } from '../error.ts';

export interface Token {
  /** `word`: bare name or keyword; `name`: backquoted; `end`: after the last. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign' | 'end';
  /** Unquoted text. */
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** Statements and their token lists are bounded; a query of a page has about 1 KB. */
export const STATEMENT_CHARS_MAX = 128 * 1024;

const SPACE = /(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/uy;
const WORD = /[\p{L}_@][\p{L}\p{N}_@]*/uy;
/** Digits followed by letters are a word: precision suffixes as in application_map.1m. */
const NUMBER = /(?:0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/uy;
const DIGITS_WORD = /\d+[\p{L}_][\p{L}\p{N}_]*/uy;
const SIGN = /(?:<=|>=|!=|<>|&&|\|\||[-+*/%(),=<>.;!])/uy;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', b: '\b', Z: '\x1a' };

function at_pattern(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}

/** Text in quotes from `at` on: the doubled quote is the quote itself; backslash escapes in strings, not in names. */
function quoted(sql: string, at: number): { text: string; end: number } {
  const quote = sql[at]!;
  let text = '';
  for (let i = at + 1; i < sql.length; i++) {
    const c = sql[i]!;
    if (c === '\\' && quote !== '`') {
      const next = sql[++i];
      if (next === undefined) break;
      // Like MySQL: \% and \_ stay as written, they are escapes of LIKE.
      text += next === '%' || next === '_' ? `\\${next}` : (ESCAPES[next] ?? next);
    } else if (c !== quote) text += c;
    else if (sql[i + 1] === quote) {
      text += quote;
      i++;
    } else return { text, end: i + 1 };
  }
  throw invalid(`a ${quote} is opened here and not closed`, at);
}

/** `after_name`: the place directly follows a name, so that a dot joins (application_map.1m) and begins no number. */
function token_at(sql: string, at: number, after_name: boolean): Token {
  const c = sql[at]!;
  if (c === '.' && after_name) return { kind: 'sign', text: '.', at, end: at + 1 };
  if (c === '`' || c === "'" || c === '"') {
    const { text, end } = quoted(sql, at);
    return { kind: c === '`' ? 'name' : 'string', text, at, end };
  }
  if (sql.startsWith('/*', at)) throw invalid('a comment is opened here and not closed', at);
  const word = at_pattern(WORD, sql, at);
  if (word !== undefined) return { kind: 'word', text: word, at, end: at + word.length };
  const number = at_pattern(NUMBER, sql, at);
  const digits_word = number?.startsWith('0x') ? undefined : at_pattern(DIGITS_WORD, sql, at);
  if (digits_word !== undefined && digits_word.length > number!.length)
    return { kind: 'word', text: digits_word, at, end: at + digits_word.length };
  if (number !== undefined) return { kind: 'number', text: number, at, end: at + number.length };
  const sign = at_pattern(SIGN, sql, at);
  if (sign !== undefined) return { kind: 'sign', text: sign, at, end: at + sign.length };
  throw invalid(`the character ${JSON.stringify(String.fromCodePoint(sql.codePointAt(at)!))} means nothing here`, at);
}

export function lex(sql: string): readonly Token[] {
  if (sql.length > STATEMENT_CHARS_MAX)
    throw invalid(`the statement has ${sql.length} characters, more than ${STATEMENT_CHARS_MAX}`, -1);
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += at_pattern(SPACE, sql, at)?.length ?? 0;
    if (at >= sql.length) break;
    const last = tokens.at(-1);
    const after_name = last !== undefined && last.end === at && (last.kind === 'word' || last.kind === 'name');
    const token = token_at(sql, at, after_name);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', at: sql.length, end: sql.length });
  return tokens;
}
