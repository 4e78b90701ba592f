// Requests that wait for their answers. Quiet ones may never get one: an answer to a later request tells that they are done.

/** Further ones are not remembered, as when a client sends on for ever and nothing comes back. */
const PENDING_MAX = 8192;

export interface Asked {
  command: string;
  quiet: boolean;
  /** What the answer repeats: the opaque token of a meta command, or the number of a binary request. */
  opaque: string | number | undefined;
}

/** Answers that a quiet meta command still gives. */
const TOLD: Readonly<Record<string, ReadonlySet<string>>> = {
  mg: new Set(['VA', 'HD', 'EX']),
  ms: new Set(['NS', 'EX', 'NF']),
  md: new Set(['EX']),
  ma: new Set(['VA', 'NS', 'EX']),
};
const FAILURES = new Set(['ERROR', 'CLIENT_ERROR', 'SERVER_ERROR']);

export class Pending {
  readonly #asked: Asked[] = [];

  add(asked: Asked): void {
    if (this.#asked.length >= PENDING_MAX) this.#asked.length = 0;
    this.#asked.push(asked);
  }

  get empty(): boolean {
    return this.#asked.length === 0;
  }

  clear(): void {
    this.#asked.length = 0;
  }

  /** Takes the request that a line with this first word answers; `silent` is called for each before it that had none. */
  take_line(word: string, opaque: string | undefined, silent: () => void): Asked | undefined {
    for (;;) {
      const head = this.#asked.shift();
      if (head === undefined || !head.quiet) return head;
      const is_its = head.opaque === undefined || opaque === undefined || head.opaque === opaque;
      if (is_its && (FAILURES.has(word) || TOLD[head.command]?.has(word) === true)) return head;
      silent();
    }
  }

  /** Takes the binary request with this number; `passed` is called for each before it, which was quiet or whose answer was lost. */
  take_number(opaque: number, passed: (quiet: boolean) => void): void {
    const at = this.#asked.findIndex((asked) => asked.opaque === opaque);
    if (at < 0) return;
    for (let i = 0; i < at; i++) passed(this.#asked[i]!.quiet);
    this.#asked.splice(0, at + 1);
  }
}
