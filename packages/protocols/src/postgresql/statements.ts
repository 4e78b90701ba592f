// Names of one connection: prepared statements, and the portals bound to them. Bounded: the oldest is forgotten.
import type { StatementText } from '../sql/statement.ts';

const NAMES_MAX = 512;

export class Names {
  readonly #by_name = new Map<string, StatementText>();

  get(name: string): StatementText | undefined {
    return this.#by_name.get(name);
  }

  /** An unknown statement makes the name unknown. */
  set(name: string, statement: StatementText | undefined): void {
    this.#by_name.delete(name);
    if (statement === undefined) return;
    this.#by_name.set(name, statement);
    if (this.#by_name.size > NAMES_MAX) this.#by_name.delete(this.#by_name.keys().next().value!);
  }
}
