// One native connection: hellos, then queries, each answered before the next.
import {
  type Direction,
  type Emit,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { ClientReader } from './client.ts';
import { Connection } from './connection.ts';
import { infer } from './infer.ts';
import { ServerReader } from './server.ts';

/** Packets that contradict before the claim itself is doubted, on a connection that once was understood. */
const DAMAGED_MAX = 64;

export class ClickhouseParser implements Parser {
  readonly #connection: Connection;
  readonly #client: ClientReader;
  readonly #server: ServerReader;
  #good = 0;
  #damaged = 0;
  /** Takes what the server said. */
  #tell: Emit | undefined = undefined;

  constructor(options: ParseOptions) {
    this.#connection = new Connection(options);
    this.#client = new ClientReader(this.#connection);
    this.#server = new ServerReader(this.#connection);
  }

  lost(direction: Direction): void {
    if (direction === TO_SERVER) this.#connection.requests_lost = true;
    else this.#server.lost(this.#tell);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const heard: Emit = (message) => {
      this.#good++;
      this.#damaged = 0;
      emit(message);
    };
    if (direction !== TO_SERVER) this.#tell = heard;
    const state = direction === TO_SERVER ? this.#client.parse(stream, heard) : this.#server.parse(stream, heard);
    if (state !== 'damaged') return state;
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

export const protocol: Protocol = { card, infer, open: (options) => new ClickhouseParser(options) };
