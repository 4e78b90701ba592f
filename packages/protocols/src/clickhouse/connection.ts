// What both directions of one connection know together.
import type { ParseOptions } from '../protocol.ts';
import { agreed, type Session } from './hello.ts';
import { ANSWER_LAYOUTS } from './messages.ts';
import { answers_hold, type Reading } from './packets.ts';
import { layout_of } from './query.ts';
import { Answer } from './response.ts';

export interface Due {
  kind: 'hello' | 'query' | 'ping' | 'tables';
  /** A query that sends rows. */
  inserts: boolean;
}

const DUE_MAX = 64;

export class Connection implements Reading {
  readonly options: ParseOptions;
  readonly session: Session = { client_revision: 0, server_revision: 0, database: '', interserver: false };
  /** Requests without an answer, in order. */
  readonly due: Due[] = [];
  readonly answer = new Answer();
  /** Requests may be missing before the next one: who waits then is given up. */
  requests_lost = false;
  /** Requests so far. */
  asked = 0;
  /** Of the query that runs: blocks are packed. */
  packed = false;
  /** Whether a direction is framed; changes behind the client's addendum. */
  readonly chunked: [boolean, boolean] = [false, false];
  /** The client has still to send its addendum. */
  owes_addendum = false;
  /** Told by a query's layout, when the hellos were not seen; the newest of that layout, and what answers made of it. */
  #newest = 0;
  #found = 0;

  constructor(options: ParseOptions) {
    this.options = options;
  }

  get revision(): number {
    return agreed(this.session) || this.#found;
  }

  get interserver(): boolean {
    return this.session.interserver;
  }

  found(revision: number): void {
    this.#newest = revision;
    this.#found = revision;
    this.session.client_revision = 0;
    this.session.server_revision = 0;
  }

  /** Small packets of an answer begin at `at`. Where only a query told the revision, that is now the newest that fits them. */
  fit(bytes: Uint8Array, at: number, end: number): void {
    if (this.#newest === 0 || agreed(this.session) > 0) return;
    if (this.#holds(bytes, at, end, this.#found)) return;
    if (this.#holds(bytes, at, end, this.#newest)) {
      this.#found = this.#newest;
      return;
    }
    const oldest = layout_of(this.#newest);
    for (const since of ANSWER_LAYOUTS) {
      if (since > this.#newest || since <= oldest || !this.#holds(bytes, at, end, since - 1)) continue;
      this.#found = since - 1;
      return;
    }
  }

  #holds(bytes: Uint8Array, at: number, end: number, revision: number): boolean {
    return answers_hold(bytes, at, end, { revision, packed: this.packed, interserver: this.interserver }) === 'yes';
  }

  ask(kind: Due['kind'], inserts = false): void {
    this.asked++;
    if (this.requests_lost) this.due.length = 0;
    this.requests_lost = false;
    // What was seen of an answer before is none of this one's.
    if (this.due.length === 0) this.answer.reset();
    if (this.due.length >= DUE_MAX) this.due.shift();
    this.due.push({ kind, inserts });
  }
}
