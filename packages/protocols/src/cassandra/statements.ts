// Prepared statements of one connection: the server names each in its answer, executions only tell the name.

export interface Prepared {
  resource: string | undefined;
  endpoint: string | undefined;
}
const STATEMENTS_MAX = 1024;
const CHARACTERS_MAX = 4096;
const WAITING_MAX = 256;

export class Statements {
  readonly #known = new Map<string, Prepared>();
  /** By stream, until the server answered. */
  readonly #waiting = new Map<number, Prepared>();

  prepare(stream: number, prepared: Prepared): void {
    if (this.#waiting.size >= WAITING_MAX) this.#waiting.clear();
    const { resource, endpoint } = prepared;
    this.#waiting.set(stream, { resource: resource?.slice(0, CHARACTERS_MAX), endpoint });
  }

  /** What was answered on `stream`; `id` when that is the name of a statement. */
  answered(stream: number, id: string | undefined): void {
    const prepared = this.#waiting.get(stream);
    if (prepared === undefined) return;
    this.#waiting.delete(stream);
    if (id === undefined) return;
    if (this.#known.size >= STATEMENTS_MAX) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(id, prepared);
  }

  get(id: string): Prepared | undefined {
    return this.#known.get(id);
  }
}
