// The token list with a place in it: what every part of the parser reads from.
import { invalid } from '../error.ts';
import { hint } from '../nearest.ts';
import { lex, type Token } from './lex.ts';

/** Nesting of parentheses, NOT and signs; the parser recurses once a level. */
const DEPTH_MAX = 200;
/** Operators of one statement; a filter of a page has a few dozen. */
const OPERATORS_MAX = 1000;

export class Cursor {
  readonly sql: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;
  #operators = 0;

  constructor(sql: string) {
    this.sql = sql;
    this.#tokens = lex(sql);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)]!;
  }
  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#index++;
    return token;
  }
  /** Whether the tokens from here are these words, case apart. */
  at_words(...words: readonly string[]): boolean {
    return words.every((word, i) => {
      const token = this.peek(i);
      return token.kind === 'word' && token.text.toLowerCase() === word;
    });
  }
  take_words(...words: readonly string[]): boolean {
    if (!this.at_words(...words)) return false;
    this.#index += words.length;
    return true;
  }
  at_sign(sign: string): boolean {
    const token = this.peek();
    return token.kind === 'sign' && token.text === sign;
  }
  take_sign(sign: string): boolean {
    if (!this.at_sign(sign)) return false;
    this.#index++;
    return true;
  }
  expect_sign(sign: string, after: string): void {
    if (!this.take_sign(sign)) throw this.unexpected(`\`${sign}\` ${after}`);
  }
  /** Error at the next token: what was wanted, what is there, and the keyword that was probably meant. */
  unexpected(wanted: string, keywords: readonly string[] = []): Error {
    const token = this.peek();
    const found = token.kind === 'end' ? 'the statement ends' : `there is \`${token.text.slice(0, 64)}\``;
    return invalid(`expected ${wanted}, but ${found}.${hint(token.text, keywords)}`, token.at);
  }
  /** Counts an operator: what stands in a row nests in the tree, and whoever walks it recurses. */
  joined(): void {
    if (++this.#operators > OPERATORS_MAX)
      throw invalid(`more than ${OPERATORS_MAX} operators; \`in (...)\` takes many values`, this.peek().at);
  }
  /** Runs one level deeper, refusing statements that nest without end. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > DEPTH_MAX) throw invalid(`nested more than ${DEPTH_MAX} deep`, this.peek().at);
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }
}
