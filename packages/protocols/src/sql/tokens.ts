// Just enough of SQL's lexis to tell literals, comments, names and words apart. Total on any text: what is cut off or
// wrong ends at the end of the text. A token is [at, end_of(...)); scanning never allocates.

/** What differs from dialect to dialect. */
interface Lexis {
  /** Double quotes hold a name, not a string. */
  readonly double_names: boolean;
  /** A backslash in a string hides what follows it. */
  readonly backslash: boolean;
  /** # begins a comment. */
  readonly hash_comments: boolean;
  /** -- begins a comment only before a space. */
  readonly dashes_want_space: boolean;
  /** Block comments may hold others. */
  readonly nested_comments: boolean;
  /** What stands in such a comment is run by the server: /*! ... */
  readonly executed_comments: boolean;
  /** $tag$ ... $tag$ is a string. */
  readonly dollar_strings: boolean;
  /** $1.50 is an amount of money. */
  readonly money: boolean;
  /** [name] */
  readonly bracket_names: boolean;
  /** q'[it's]' */
  readonly q_strings: boolean;
  /** :1 is a bind, not a colon and a number. */
  readonly numbered_binds: boolean;
  /** Letters directly before a string that belong to it. */
  readonly prefixes: RegExp;
  /** Characters beyond letters, digits, _ and $ that words consist of. */
  readonly marks: string;
}

const LEXES = {
  // MySQL 8.4, chapter 11.
  mysql: {
    double_names: false,
    backslash: true,
    hash_comments: true,
    dashes_want_space: true,
    nested_comments: false,
    executed_comments: true,
    dollar_strings: false,
    money: false,
    bracket_names: false,
    q_strings: false,
    numbered_binds: false,
    prefixes: /^(?:[xbne]|_.*)$/,
    marks: '',
  },
  // PostgreSQL 17, section 4.1.
  postgresql: {
    double_names: true,
    backslash: false,
    hash_comments: false,
    dashes_want_space: false,
    nested_comments: true,
    executed_comments: false,
    dollar_strings: true,
    money: false,
    bracket_names: false,
    q_strings: false,
    numbered_binds: false,
    prefixes: /^[xbne]$/,
    marks: '',
  },
  // ClickHouse, "Syntax": comments, literals (with heredocs).
  clickhouse: {
    double_names: true,
    backslash: true,
    hash_comments: true,
    dashes_want_space: false,
    nested_comments: false,
    executed_comments: false,
    dollar_strings: true,
    money: false,
    bracket_names: false,
    q_strings: false,
    numbered_binds: false,
    prefixes: /^[xb]$/,
    marks: '',
  },
  // Transact-SQL reference: constants, identifiers, comments.
  transact: {
    double_names: true,
    backslash: false,
    hash_comments: false,
    dashes_want_space: false,
    nested_comments: true,
    executed_comments: false,
    dollar_strings: false,
    money: true,
    bracket_names: true,
    q_strings: false,
    numbered_binds: false,
    prefixes: /^n$/,
    marks: '#@',
  },
  // Oracle Database SQL Language Reference, chapter 2: literals, comments, names.
  oracle: {
    double_names: true,
    backslash: false,
    hash_comments: false,
    dashes_want_space: false,
    nested_comments: false,
    executed_comments: false,
    dollar_strings: false,
    money: false,
    bracket_names: false,
    q_strings: true,
    numbered_binds: true,
    prefixes: /^n$/,
    marks: '#',
  },
} as const satisfies Record<string, Lexis>;

export type Dialect = keyof typeof LEXES;

export function has_hash_comments(dialect: Dialect): boolean {
  return LEXES[dialect].hash_comments;
}

export const KIND = { space: 0, comment: 1, literal: 2, word: 3, name: 4, symbol: 5 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

const QUOTE = 39; // '
const DOUBLE = 34; // "
const TICK = 96; // `
const BACKSLASH = 92;
const DOLLAR = 36;
const STAR = 42;
const SLASH = 47;
const MINUS = 45;
const HASH = 35;
const COLON = 58;
const DOT = 46;
const BRACKET = 91;
const BRACKET_END = 93;

const Q_PAIRS: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' };

export class Tokens {
  readonly text: string;
  kind: Kind = KIND.space;
  start = 0;
  end = 0;
  readonly #lexis: Lexis;
  readonly #of_word: (code: number) => boolean;

  constructor(text: string, dialect: Dialect) {
    this.text = text;
    this.#lexis = LEXES[dialect];
    const { marks } = this.#lexis;
    this.#of_word = marks === '' ? is_word_part : (code) => is_word_part(code) || is_one_of(code, marks);
  }

  /** Moves to the next token; false at the end of the text. */
  next(): boolean {
    const { text } = this;
    const lexis = this.#lexis;
    const at = this.end;
    if (at >= text.length) return false;
    this.start = at;
    const code = text.charCodeAt(at);
    if (is_space(code)) return this.#set(KIND.space, run(text, at + 1, is_space));
    if (is_digit(code) || (code === DOT && is_digit(text.charCodeAt(at + 1)))) {
      return this.#set(KIND.literal, number_end(text, at));
    }
    if (is_word_start(code) || is_one_of(code, lexis.marks)) return this.#word(at);
    switch (code) {
      case QUOTE:
        return this.#set(KIND.literal, string_end(text, at, code, lexis.backslash));
      case DOUBLE:
        return this.#set(lexis.double_names ? KIND.name : KIND.literal, string_end(text, at, code, lexis.backslash));
      case TICK:
        return this.#set(KIND.name, string_end(text, at, code, false));
      case BRACKET:
        return lexis.bracket_names
          ? this.#set(KIND.name, string_end(text, at, BRACKET_END, false))
          : this.#set(KIND.symbol, at + 1);
      case DOLLAR:
        return this.#dollar(at);
      default:
        return this.#comment_or_symbol(at, code);
    }
  }

  /** As `next`, past spaces and comments. */
  next_solid(): boolean {
    while (this.next()) if (this.kind !== KIND.space && this.kind !== KIND.comment) return true;
    return false;
  }

  get value(): string {
    return this.text.slice(this.start, this.end);
  }

  /** The word in upper case; '' when the token is none. */
  get upper(): string {
    return this.kind === KIND.word ? this.value.toUpperCase() : '';
  }

  #set(kind: Kind, end: number): true {
    this.kind = kind;
    this.end = Math.min(end, this.text.length);
    return true;
  }

  /** A word, or a string with a letter in front: x'1F', b'01', n'..', e'..', u&'..', q'[..]' and MySQL's _charset'..'. */
  #word(at: number): true {
    const { text } = this;
    const { prefixes, backslash, q_strings } = this.#lexis;
    const end = run(text, at + 1, this.#of_word);
    const next = text.charCodeAt(end);
    if (next === QUOTE) {
      const prefix = text.slice(at, end).toLowerCase();
      if (q_strings && (prefix === 'q' || prefix === 'nq')) return this.#set(KIND.literal, q_string_end(text, end));
      if (prefixes.test(prefix)) {
        return this.#set(KIND.literal, string_end(text, end, QUOTE, prefix === 'e' || (backslash && prefix !== 'x')));
      }
    }
    if (next === 38 && end === at + 1 && (text.charCodeAt(at) | 32) === 117) {
      const quote = text.charCodeAt(end + 1);
      if (quote === QUOTE) return this.#set(KIND.literal, string_end(text, end + 1, QUOTE, false));
      if (quote === DOUBLE) return this.#set(KIND.name, string_end(text, end + 1, DOUBLE, false));
    }
    return this.#set(KIND.word, end);
  }

  /** $1 is a parameter, or money; $tag$ ... $tag$ a string (PostgreSQL 4.1.2.4). */
  #dollar(at: number): true {
    const { text } = this;
    const { dollar_strings, money } = this.#lexis;
    if (money && is_digit(text.charCodeAt(at + 1))) return this.#set(KIND.literal, number_end(text, at + 1));
    const end = run(text, at + 1, is_word_part_no_dollar);
    if (!dollar_strings || text.charCodeAt(end) !== DOLLAR || is_digit(text.charCodeAt(at + 1))) {
      return this.#set(KIND.symbol, end);
    }
    const tag = text.slice(at, end + 1);
    const close = text.indexOf(tag, end + 1);
    return this.#set(KIND.literal, close < 0 ? text.length : close + tag.length);
  }

  #comment_or_symbol(at: number, code: number): true {
    const { text } = this;
    const { dashes_want_space, hash_comments, executed_comments, nested_comments } = this.#lexis;
    const next = text.charCodeAt(at + 1);
    if (code === COLON && this.#lexis.numbered_binds) return this.#set(KIND.symbol, run(text, at + 1, is_digit));
    if (code === MINUS && next === MINUS) {
      // Where a space is wanted behind the two dashes, 5--3 is a subtraction.
      const third = text.charCodeAt(at + 2);
      if (!dashes_want_space || Number.isNaN(third) || is_space(third))
        return this.#set(KIND.comment, line_end(text, at));
    }
    if (code === HASH && hash_comments) return this.#set(KIND.comment, line_end(text, at));
    if (code === SLASH && next === STAR) {
      // Only the brackets of what is run are comments.
      const version = executed_comments && /^(?:!|M!)\d*/.exec(text.slice(at + 2, at + 12));
      if (version) return this.#set(KIND.comment, at + 2 + version[0].length);
      return this.#set(KIND.comment, block_end(text, at, nested_comments));
    }
    if (code === STAR && next === SLASH && executed_comments) return this.#set(KIND.comment, at + 2);
    return this.#set(KIND.symbol, at + 1);
  }
}

function run(text: string, from: number, holds: (code: number) => boolean): number {
  let at = from;
  while (at < text.length && holds(text.charCodeAt(at))) at++;
  return at;
}

function string_end(text: string, at: number, quote: number, backslash: boolean): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH && backslash) i++;
    else if (code === quote) {
      if (text.charCodeAt(i + 1) !== quote) return i + 1;
      i++;
    }
  }
  return text.length;
}

/** q'<..>' ends with the closing bracket, or the same character again, and a quote; `at` is the first quote. */
function q_string_end(text: string, at: number): number {
  const open = text[at + 1] ?? '';
  const close = text.indexOf(`${Q_PAIRS[open] ?? open}'`, at + 2);
  return close < 0 ? text.length : close + 2;
}

/** Digits with point and exponent, 0x.., 0b..; also PostgreSQL's 1_000. */
function number_end(text: string, at: number): number {
  let i = at;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (is_word_part(code) || code === DOT) continue;
    const before = text.charCodeAt(i - 1) | 32;
    // A sign belongs to the number only behind the exponent's e, and 0x1e-2 has none.
    const exponent = before === 101 && (text.charCodeAt(at + 1) | 32) !== 120;
    if (!((code === MINUS || code === 43) && exponent)) break;
  }
  return i;
}

function line_end(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function block_end(text: string, at: number, nested: boolean): number {
  let depth = 1;
  for (let i = at + 2; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    const next = text.charCodeAt(i + 1);
    if (code === STAR && next === SLASH) {
      if (--depth === 0) return i + 2;
      i++;
    } else if (nested && code === SLASH && next === STAR) {
      depth++;
      i++;
    }
  }
  return text.length;
}

function is_space(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0;
}

function is_one_of(code: number, marks: string): boolean {
  for (let i = 0; i < marks.length; i++) if (marks.charCodeAt(i) === code) return true;
  return false;
}

function is_digit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function is_word_start(code: number): boolean {
  const lower = code | 32;
  return (lower >= 97 && lower <= 122) || code === 95 || code >= 128;
}

function is_word_part_no_dollar(code: number): boolean {
  return is_word_start(code) || is_digit(code);
}

function is_word_part(code: number): boolean {
  return is_word_part_no_dollar(code) || code === DOLLAR;
}
