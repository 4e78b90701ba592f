// Transactions seen on a connection or between two peers, so that what is sent again is told once (RFC 3261 section 17).

/** Older ones are forgotten: they ended long ago, or their retransmissions would be told. */
const TRANSACTIONS_MAX = 4096;

const ASKED = 1;
const ANSWERED = 2;

export class Transactions {
  readonly #seen = new Map<number, number>();

  /** True when the request is new. */
  ask(transaction: number): boolean {
    return this.#add(transaction, ASKED);
  }

  /** True when it is the first final response. */
  answer(transaction: number): boolean {
    return this.#add(transaction, ANSWERED);
  }

  #add(transaction: number, what: number): boolean {
    const seen = this.#seen.get(transaction) ?? 0;
    if ((seen & what) !== 0) return false;
    this.#seen.set(transaction, seen | what);
    if (this.#seen.size > TRANSACTIONS_MAX) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return true;
  }
}
