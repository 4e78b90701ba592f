// What both directions of one connection know together.
import type { ParseOptions } from '../protocol.ts';
import { agreed, type Session } from './hello.ts';
import type { Reading } from './packets.ts';
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
  /** Told by a query's layout, when the hellos were not seen. */
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
    this.#found = revision;
    this.session.client_revision = 0;
    this.session.server_revision = 0;
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
