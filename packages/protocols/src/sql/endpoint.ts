// "VERB table" of a statement, DeepFlow's endpoint of SQL protocols.
import { type Dialect, KIND, Tokens } from './tokens.ts';

/** Statements are named by what they begin with; a table that stands later than this many tokens is not looked for. */
const TOKENS_MAX = 512;

const AFTER_VERB: Readonly<Record<string, readonly string[]>> = {
  INSERT: ['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE', 'OVERWRITE', 'BULK', 'INTO', 'TABLE', 'FUNCTION'],
  REPLACE: ['LOW_PRIORITY', 'DELAYED', 'INTO'],
  UPDATE: ['LOW_PRIORITY', 'IGNORE', 'ONLY'],
  DELETE: ['LOW_PRIORITY', 'QUICK', 'IGNORE', 'FROM', 'ONLY'],
  TRUNCATE: ['TABLE', 'ONLY'],
  MERGE: ['INTO', 'ONLY'],
  CALL: [],
  COPY: [],
  ANALYZE: ['NO_WRITE_TO_BINLOG', 'LOCAL', 'TABLE', 'VERBOSE'],
  OPTIMIZE: ['NO_WRITE_TO_BINLOG', 'LOCAL', 'TABLE'],
};
/** Transact-SQL calls a procedure so; it may store what is returned first: EXEC @result = name. */
const CALLING = new Set(['EXEC', 'EXECUTE']);
const DEFINING = new Set(['CREATE', 'ALTER', 'DROP']);
/** Kinds of things whose name follows (behind IF [NOT] EXISTS). */
const NAMED = new Set(['TABLE', 'VIEW', 'DATABASE', 'SCHEMA', 'SEQUENCE']);
const BEFORE_NAMED = new Set(['IF', 'NOT', 'EXISTS', 'ONLY', 'CONCURRENTLY']);
const MAIN_VERBS = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'MERGE']);

class Reader extends Tokens {
  left = TOKENS_MAX;
  depth = 0;

  step(): boolean {
    if (this.left-- <= 0 || !this.next_solid()) return false;
    if (this.kind === KIND.symbol) {
      const symbol = this.value;
      if (symbol === '(') this.depth++;
      else if (symbol === ')') this.depth--;
    }
    return true;
  }
}

/** Undefined when the statement names no table. */
export function sql_endpoint(text: string, dialect: Dialect): string | undefined {
  const tokens = new Reader(text, dialect);
  if (!tokens.step()) return undefined;
  while (tokens.value === '(') if (!tokens.step()) return undefined;
  let verb = tokens.upper;
  if (verb === 'WITH') verb = main_verb(tokens);
  const table = CALLING.has(verb) && dialect === 'transact' ? procedure(tokens) : table_of(tokens, verb);
  return table === undefined ? undefined : `${verb} ${table}`;
}

function is_word(tokens: Reader, word: string): boolean {
  return tokens.upper === word;
}

/** The verb behind WITH name AS (...), ...: the first one outside of brackets. */
function main_verb(tokens: Reader): string {
  const depth = tokens.depth;
  while (tokens.step()) if (tokens.depth === depth && MAIN_VERBS.has(tokens.upper)) return tokens.upper;
  return '';
}

function table_of(tokens: Reader, verb: string): string | undefined {
  if (verb === 'SELECT') return from_table(tokens);
  if (verb === 'LOAD') return skip_to(tokens, 'TABLE') ? name_after(tokens, () => false) : undefined;
  if (DEFINING.has(verb)) return defined_name(tokens);
  const skipped = AFTER_VERB[verb];
  return skipped === undefined ? undefined : name_after(tokens, (word) => skipped.includes(word));
}

function procedure(tokens: Reader): string | undefined {
  if (!tokens.step()) return undefined;
  if (tokens.value.startsWith('@') && (!tokens.step() || tokens.value !== '=' || !tokens.step())) return undefined;
  return read_name(tokens, () => false);
}

function from_table(tokens: Reader): string | undefined {
  let depth = tokens.depth;
  while (tokens.step()) {
    if (tokens.depth < depth) return undefined;
    if (tokens.depth !== depth || tokens.upper !== 'FROM') continue;
    if (!tokens.step()) return undefined;
    // FROM (SELECT ... FROM t): the inner table; FROM (t JOIN u): t.
    while (tokens.value === '(') if (!tokens.step()) return undefined;
    if (!is_word(tokens, 'SELECT')) return read_name(tokens, (word) => word === 'ONLY' || word === 'LATERAL');
    depth = tokens.depth;
  }
  return undefined;
}

function skip_to(tokens: Reader, word: string): boolean {
  while (tokens.step()) if (tokens.upper === word) return true;
  return false;
}

function defined_name(tokens: Reader): string | undefined {
  // Qualifiers stand between: OR REPLACE, TEMPORARY, UNIQUE, MATERIALIZED, ALGORITHM = ..., DEFINER = ...
  for (let i = 0; i < 12 && tokens.step(); i++) {
    const word = tokens.upper;
    if (word === 'INDEX') return skip_to(tokens, 'ON') ? name_after(tokens, (w) => w === 'ONLY') : undefined;
    if (NAMED.has(word)) return name_after(tokens, (w) => BEFORE_NAMED.has(w));
    if (/^(?:USER|ROLE|FUNCTION|PROCEDURE|TRIGGER|EVENT|SERVER|EXTENSION|TYPE|DOMAIN)$/.test(word)) return undefined;
  }
  return undefined;
}

function name_after(tokens: Reader, skipped: (word: string) => boolean): string | undefined {
  return tokens.step() ? read_name(tokens, skipped) : undefined;
}

/** schema.table without quotes, from the current token on. */
function read_name(tokens: Reader, skipped: (word: string) => boolean): string | undefined {
  while (tokens.kind === KIND.word && skipped(tokens.upper)) if (!tokens.step()) return undefined;
  let name = '';
  for (let parts = 0; parts < 4; parts++) {
    if (tokens.kind === KIND.name) name += unquote(tokens.value);
    // db..table: the middle is left out.
    else if (tokens.value === '.' && name !== '') {
      if (!tokens.step()) break;
      name += '.';
      continue;
    }
    // MySQL in ANSI_QUOTES mode writes names in double quotes.
    else if (tokens.kind === KIND.literal && tokens.value.startsWith('"')) name += unquote(tokens.value);
    else if (tokens.kind === KIND.word) name += tokens.value;
    else return undefined;
    const dot = tokens.end;
    if (tokens.text[dot] !== '.' || !tokens.step() || !tokens.step()) break;
    name += '.';
  }
  return name === '' ? undefined : name;
}

function unquote(quoted: string): string {
  const quote = quoted.startsWith('[') ? ']' : (quoted[0] ?? '');
  const inner = quoted.length > 1 && quoted.endsWith(quote) ? quoted.slice(1, -1) : quoted.slice(1);
  return inner.replaceAll(quote + quote, quote);
}
