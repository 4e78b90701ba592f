// Functions and stacks that were stored today (UTC): they are not sent to the store with every profile that uses them.
const DAY_S = 86_400;
const KNOWN_MAX = 1_000_000;

export class Definitions {
  private day = 0;
  private readonly stored = new Set<bigint>();

  /** Ids of both kinds are hashes of different things: one set holds both. */
  is_stored(words: Uint32Array, at: number, now_s: number): boolean {
    this.turn(now_s);
    return this.stored.has(id_of(words, at));
  }

  /** To be told once the store has them. */
  add(ids: readonly bigint[], now_s: number): void {
    this.turn(now_s);
    if (this.stored.size + ids.length > KNOWN_MAX) this.stored.clear();
    for (const id of ids) this.stored.add(id);
  }

  private turn(now_s: number): void {
    const day = Math.floor(now_s / DAY_S);
    if (day === this.day) return;
    this.day = day;
    this.stored.clear();
  }
}

export const id_of = (words: Uint32Array, at: number): bigint => (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
