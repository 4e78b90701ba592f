// Prepared statements of one connection, by the id that the server gave. Bounded: the least recently used is forgotten.
export interface Statement {
  text: string;
  endpoint: string | undefined;
  parameters: number;
  /** Types of the last execution, used again when none are sent. */
  types: number[] | undefined;
  /** Parameters sent ahead by COM_STMT_SEND_LONG_DATA. */
  long: Set<number> | undefined;
}

const STATEMENTS_MAX = 512;
/** MariaDB: the statement prepared last on this connection, whose id the client does not know yet. */
const LAST_PREPARED = 0xff_ff_ff_ff;

export class Statements {
  readonly #by_id = new Map<number, Statement>();
  #last: Statement | undefined;

  get(id: number): Statement | undefined {
    if (id === LAST_PREPARED) return this.#last;
    const statement = this.#by_id.get(id);
    if (statement !== undefined) {
      this.#by_id.delete(id);
      this.#by_id.set(id, statement);
    }
    return statement;
  }

  set(id: number, statement: Statement): void {
    this.#by_id.set(id, statement);
    this.#last = statement;
    if (this.#by_id.size > STATEMENTS_MAX) this.#by_id.delete(this.#by_id.keys().next().value!);
  }

  delete(id: number): void {
    this.#by_id.delete(id);
  }

  clear(): void {
    this.#by_id.clear();
  }
}
