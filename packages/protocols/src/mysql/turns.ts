// Answers that were never seen, where nothing but their order tells what they answer. A client that waits for each answer,
// or for all answers to what it sent at once, has no request waiting when it asks behind an answer; when one waits all the
// same, its answer was lost. MySQL's protocol has clients wait; one that asks on while answers come all the same (MariaDB's
// connectors can) is found out by the answers that come after all.

/** How often that must be seen: an answer that was sent twice, or was seen before its request, looks the same. */
const PROOFS = 3;
/** Requests behind an answer while others wait, and never none, after which such a client is believed no more. */
const UNDRAINED_MAX = 8;

export class Turns {
  /** Answers since the last request. */
  #answers = 0;
  #undrained = 0;
  #judged = false;
  #proofs = 0;

  /** Whether the client is believed to ask on while answers come. */
  get slides(): boolean {
    return this.#proofs >= PROOFS;
  }

  /** A request is sent while `left` others wait, of which none is being answered. True: those were answered unseen. */
  asked(left: number): boolean {
    const behind = left > 0 && this.#answers > 0;
    this.#answers = 0;
    if (!behind || (this.slides && ++this.#undrained < UNDRAINED_MAX)) return false;
    if (this.slides) this.#proofs = 0;
    this.#undrained = 0;
    this.#judged = true;
    return true;
  }

  /** A request that waited was answered; `left` wait still. */
  answered(left: number): void {
    this.#answers++;
    if (left === 0) this.#undrained = 0;
  }

  /** Messages may be missing: an answer that nothing waits for proves nothing. */
  lost(): void {
    this.#judged = false;
  }

  /** An answer came and nothing waited: if others were given up before, that was wrong. */
  stray(): void {
    if (this.#judged) this.#proofs++;
    this.#judged = false;
  }
}
