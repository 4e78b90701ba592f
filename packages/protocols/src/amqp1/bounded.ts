/** A table by number that makes room by dropping what was put in first. */
export class Bounded<Value> {
  readonly #entries = new Map<number, Value>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: number): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: number, value: Value): void {
    if (this.#entries.size >= this.#max && !this.#entries.has(key)) {
      for (const first of this.#entries.keys()) {
        this.#entries.delete(first);
        break;
      }
    }
    this.#entries.set(key, value);
  }

  delete(key: number): void {
    this.#entries.delete(key);
  }

  delete_value(value: Value): void {
    for (const [key, known] of this.#entries) if (known === value) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  values(): Iterable<Value> {
    return this.#entries.values();
  }

  entries(): Iterable<[number, Value]> {
    return this.#entries;
  }
}
