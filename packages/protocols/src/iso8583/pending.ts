// Requests without response. A response names its request by the system trace audit number, which is the terminal's own count:
// class, retrieval reference number and terminal tell those apart that have the same, as far as both messages have them.

/** Requests of one direction that are remembered. */
const PENDING_MAX = 1024;
/** Audit numbers have six digits; an id that is in use already is this much higher. */
const STEP = 1_000_000;

export interface Trace {
  stan: number;
  mti_class: number;
  reference: string | undefined;
  terminal: string | undefined;
}

interface Pending extends Trace {
  id: number;
}

function agree(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

export class PendingRequests {
  readonly #by_stan = new Map<number, Pending[]>();
  #count = 0;

  #find(trace: Trace): Pending | undefined {
    for (const pending of this.#by_stan.get(trace.stan) ?? NONE) {
      if (pending.mti_class !== trace.mti_class || !agree(pending.terminal, trace.terminal)) continue;
      if (agree(pending.reference, trace.reference)) return pending;
    }
    return undefined;
  }

  /** Who uses all of a trace again has given up the request that had it. */
  #same(trace: Trace): Pending | undefined {
    for (const pending of this.#by_stan.get(trace.stan) ?? NONE) {
      if (pending.mti_class !== trace.mti_class || pending.terminal !== trace.terminal) continue;
      if (pending.reference === trace.reference) return pending;
    }
    return undefined;
  }

  #free(stan: number): number {
    const used = this.#by_stan.get(stan) ?? NONE;
    let id = stan;
    while (used.some((pending) => pending.id === id)) id += STEP;
    return id;
  }

  #forget(pending: Pending): void {
    const same = this.#by_stan.get(pending.stan);
    if (same === undefined) return;
    this.#count--;
    if (same.length === 1) this.#by_stan.delete(pending.stan);
    else same.splice(same.indexOf(pending), 1);
  }

  /** The id of a request; one that is repeated keeps its id. */
  ask(trace: Trace, repeated: boolean): number {
    const before = repeated ? this.#find(trace) : this.#same(trace);
    if (before !== undefined) return before.id;
    if (this.#count >= PENDING_MAX) {
      for (const [oldest] of this.#by_stan.values()) {
        if (oldest !== undefined) this.#forget(oldest);
        break;
      }
    }
    const { stan, mti_class, reference, terminal } = trace;
    const pending: Pending = { stan, mti_class, reference, terminal, id: this.#free(stan) };
    const same = this.#by_stan.get(stan);
    if (same === undefined) this.#by_stan.set(stan, [pending]);
    else same.push(pending);
    this.#count++;
    return pending.id;
  }

  /** The id of the request that is answered; of no request's when none is known. */
  answer(trace: Trace): number {
    const pending = this.#find(trace);
    if (pending === undefined) return this.#free(trace.stan);
    this.#forget(pending);
    return pending.id;
  }
}

const NONE: readonly Pending[] = [];
