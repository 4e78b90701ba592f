// One connection of a ZooKeeper client. A reply names its request by transaction id only, so those without answer are
// remembered.
import { i32be } from '../bytes.ts';
import { FrameReader } from '../framing/frames.ts';
import {
  type Direction,
  type Emit,
  type Message,
  MESSAGE_TYPE,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import {
  is_connect,
  is_connected,
  is_whole_reply,
  is_whole_request,
  LENGTH_BYTES,
  reply_size,
  REPLY_HEAD_BYTES,
  REQUEST_HEAD_BYTES,
  request_size,
} from './frame.ts';
import { infer } from './infer.ts';
import { CONNECT, type Operation, operation_of, XID } from './messages.ts';
import { connected_message, event_message, reply_message } from './reply.ts';
import { request_message } from './request.ts';
import { word_at, WordExchange } from './words.ts';

/** Of one frame this is read at most. */
const WANTED_BYTES = 4096;
/** Requests without answer that are remembered. */
const MEMORY_MAX = 1024;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;

class ZooKeeperParser implements Parser {
  readonly #options: ParseOptions;
  readonly #requests = new FrameReader({ size: request_size, sure: is_whole_request, wanted: WANTED_BYTES });
  readonly #replies = new FrameReader({
    size: reply_size,
    sure: (bytes, at, end) => is_whole_reply(bytes, at, end, this.#awaits),
    sure_in_head: true,
    wanted: WANTED_BYTES,
  });
  readonly #asked = new Map<number, Operation>();
  readonly #awaits = (xid: number): boolean => this.#asked.has(xid);
  #words: WordExchange | undefined = undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const words = this.#words ?? this.#first_word(stream, direction);
    if (words !== undefined) {
      if (this.#words === undefined) words.begin(stream, emit);
      this.#words = words;
      if (words.take(stream, direction, emit)) return 'more';
      this.#words = undefined;
    }
    const frames = direction === TO_SERVER ? this.#requests : this.#replies;
    frames.begin(stream);
    for (;;) {
      const state = frames.next(stream);
      if (state === 'frame') {
        const message = this.#message(stream, direction, frames);
        frames.take(stream);
        this.#good++;
        this.#damaged = 0;
        if (message !== undefined) emit(message);
      } else if (state === 'damaged') {
        this.#damaged++;
        // A connection that was understood before has a damaged piece; one that never was is something else.
        return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
      } else {
        return state;
      }
    }
  }

  #first_word(stream: Stream, direction: Direction): WordExchange | undefined {
    if (this.#good > 0 || direction !== TO_SERVER) return undefined;
    const word = word_at(stream);
    return word === undefined ? undefined : new WordExchange(word);
  }

  /** The frame that was found; undefined when a hole leaves too little of it. */
  #message(stream: Stream, direction: Direction, frames: FrameReader): Message | undefined {
    const { start, size } = frames;
    const stop = Math.min(frames.stop, start + WANTED_BYTES);
    if (stop - start < (direction === TO_SERVER ? REQUEST_HEAD_BYTES : REPLY_HEAD_BYTES)) return undefined;
    stream.mark();
    const message =
      direction === TO_SERVER ? this.#request(stream.bytes, start, stop) : this.#reply(stream.bytes, start, stop);
    message.length = size;
    return message;
  }

  #request(bytes: Uint8Array, start: number, stop: number): Message {
    if (is_connect(bytes, start, stop)) {
      return { type: MESSAGE_TYPE.request, request_type: CONNECT.name, request_id: XID.connect };
    }
    const xid = i32be(bytes, start + LENGTH_BYTES);
    const operation = operation_of(i32be(bytes, start + 8))!;
    this.#remember(xid, operation);
    return request_message(operation, xid, bytes, start + REQUEST_HEAD_BYTES, stop, this.#options);
  }

  #remember(xid: number, operation: Operation): void {
    if (this.#asked.size >= MEMORY_MAX) {
      for (const oldest of this.#asked.keys()) {
        this.#asked.delete(oldest);
        break;
      }
    }
    this.#asked.set(xid, operation);
  }

  #reply(bytes: Uint8Array, start: number, stop: number): Message {
    if (is_connected(bytes, start, stop)) return connected_message(CONNECT.name, bytes, start);
    const xid = i32be(bytes, start + LENGTH_BYTES);
    if (xid === XID.notification) return event_message(bytes, start, stop, this.#options);
    const operation = this.#asked.get(xid);
    this.#asked.delete(xid);
    return reply_message(operation, bytes, start, stop, this.#options);
  }
}

export const protocol: Protocol = { card, infer, open: (options) => new ZooKeeperParser(options) };
