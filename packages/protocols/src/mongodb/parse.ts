// One MongoDB connection: messages with ids both ways; each says how long it is and what it answers.
import { u32le } from '../bytes.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  STATUS,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { content_holds, infer } from './infer.ts';
import { FLAG, HEADER_BYTES, header_holds, OP, OPERATIONS } from './messages.ts';
import { read_request } from './request.ts';
import { read_response } from './response.ts';
import { unpack } from './unpack.ts';

/** Of a longer message the beginning is read and the rest passed over. */
const LOOK_BYTES = 16_384;
/** Writes whose answer counts documents; more than these wait nowhere. */
const WRITES_MAX = 1024;
const WRITES = new Set(['insert', 'update', 'delete']);
const DAMAGED_MAX = 64;

/** The content of a message, unpacked. */
interface Content {
  operation: number;
  bytes: Uint8Array;
  at: number;
  stop: number;
  total: number;
}

export class MongodbParser implements Parser {
  readonly #options: ParseOptions;
  readonly #writes = new Set<number>();
  /** Id of an answer that announced another one, which will answer it and not the request. */
  #goes_on = -1;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    for (;;) {
      const { bytes, pos, end } = stream;
      const known = end - pos;
      if (known < HEADER_BYTES) return stream.hole > 0 ? 'lost' : 'more';
      const length = u32le(bytes, pos);
      if (!header_holds(bytes, pos) || !fits(bytes, pos, direction)) return this.#doubt();
      if (known < Math.min(length, LOOK_BYTES) && stream.hole === 0) return 'more';
      const stop = Math.min(end, pos + Math.min(length, LOOK_BYTES));
      if (!content_holds(bytes, pos, stop)) return this.#doubt();
      this.#good++;
      this.#damaged = 0;
      stream.mark();
      if (direction === TO_SERVER) this.#request(bytes, pos, stop, emit);
      else this.#response(bytes, pos, stop, emit);
      stream.advance(length);
    }
  }

  #request(bytes: Uint8Array, pos: number, stop: number, emit: Emit): void {
    const content = open(bytes, pos, stop);
    const { name, one_way } = OPERATIONS.get(content.operation)!;
    const id = u32le(bytes, pos + 4);
    const message = new_message(MESSAGE_TYPE.request);
    message.request_type = name;
    message.request_id = id;
    message.response_code = 0;
    message.length = u32le(bytes, pos);
    read_request(message, content.operation, content.bytes, content.at, content.stop, content.total, this.#options);
    // An acknowledgement was not asked for, or another message of this request follows.
    if (one_way || flags(content) & FLAG.more_to_come) {
      message.type = MESSAGE_TYPE.session;
      message.one_way = true;
    } else if (WRITES.has(message.attribute_values?.[0] ?? '') && this.#writes.size < WRITES_MAX) this.#writes.add(id);
    emit(message);
  }

  #response(bytes: Uint8Array, pos: number, stop: number, emit: Emit): void {
    const content = open(bytes, pos, stop);
    const answers = u32le(bytes, pos + 8);
    const message = new_message(MESSAGE_TYPE.response);
    message.request_type = OPERATIONS.get(content.operation)!.name;
    message.request_id = answers;
    message.response_status = STATUS.unknown;
    message.length = u32le(bytes, pos);
    if (answers === this.#goes_on) message.interim = true;
    this.#goes_on = flags(content) & FLAG.more_to_come ? u32le(bytes, pos + 4) : -1;
    const counts_rows = this.#writes.delete(answers);
    read_response(message, content.operation, content.bytes, content.at, content.stop, content.total, counts_rows);
    emit(message);
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** Whether a message of this operation may go this way. */
function fits(bytes: Uint8Array, pos: number, direction: Direction): boolean {
  const from = OPERATIONS.get(u32le(bytes, pos + 12))!.from;
  if (direction !== TO_SERVER) return from !== 'client';
  return from !== 'server' && u32le(bytes, pos + 8) === 0;
}

function open(bytes: Uint8Array, pos: number, stop: number): Content {
  const operation = u32le(bytes, pos + 12);
  const at = pos + HEADER_BYTES;
  if (operation !== OP.compressed) return { operation, bytes, at, stop, total: pos + u32le(bytes, pos) };
  const plain = unpack(bytes, at, stop) ?? new Uint8Array(0);
  return { operation: u32le(bytes, at), bytes: plain, at: 0, stop: plain.length, total: u32le(bytes, at + 4) };
}

function flags({ operation, bytes, at, stop }: Content): number {
  return operation === OP.msg && at + 4 <= stop ? u32le(bytes, at) : 0;
}

export const protocol: Protocol = { card, infer, open: (options) => new MongodbParser(options) };
