// What the client sends: hello, queries with their blocks, pings.
import { u8 } from '../bytes.ts';
import { type Emit, type Message, MESSAGE_TYPE, type ParseState, TO_SERVER } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { BlockReader } from './block.ts';
import { ChunkReader } from './chunks.ts';
import type { Connection } from './connection.ts';
import { ClickhouseCursor, pass } from './cursor.ts';
import { pass_settings, read_addendum, read_client_hello } from './hello.ts';
import { infer, query_at } from './infer.ts';
import { CLIENT, CLIENT_PACKETS, SINCE } from './messages.ts';
import { block_holds, holds_block, is_packed, pass_body, request_name } from './packets.ts';
import {
  ends_well,
  find_query,
  INITIAL,
  layout_of,
  type Query,
  query_message,
  read_parameters,
  read_query,
} from './query.ts';

/** Of one call: a cursor of a connection would keep the bytes of its last event. */
const scratch = new ClickhouseCursor();

/** Longer statements are told from their beginning, before their end has come. */
const WHOLE_BYTES_MAX = 65_536;
const NAME_BYTES_MAX = 4096;

/** How reading of a packet ended: 'next': passed; 'block', 'parameters': that follows. */
type Read = 'next' | 'block' | 'parameters' | 'short' | 'damaged' | 'unread';

export class ClientReader {
  readonly #connection: Connection;
  readonly #block: BlockReader;
  #chunks: ChunkReader | undefined;
  #step: 'packet' | 'block' | 'parameters' = 'packet';
  #rest = 0;
  /** Bytes that were unread when the last call ended: behind them begins the newest event. */
  #unread = 0;
  /** A query never ended: perhaps its revision is not what was understood. */
  #doubted = false;
  /** Rows of the block being read count as sent. */
  #counts = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#block = new BlockReader(connection, TO_SERVER);
  }

  parse(stream: Stream, emit: Emit): ParseState | 'damaged' {
    this.#begin(stream);
    if (stream.resync && stream.pos < stream.end && !this.#may_begin(stream)) return 'lost';
    for (;;) {
      const state = this.#connection.chunked[TO_SERVER] ? this.#framed(stream, emit) : this.#bare(stream, emit);
      if (state === undefined) continue;
      this.#unread = state === 'more' ? stream.end - stream.pos : 0;
      return state;
    }
  }

  /** A query beyond doubt where something else should go on: that something's length was damaged. */
  #begin(stream: Stream): void {
    const at = stream.pos + this.#unread;
    const amid = this.#unread > 0 || this.#rest > 0 || this.#step !== 'packet' || this.#chunks?.fresh === false;
    if (amid && at < stream.end && u8(stream.bytes, at) <= CLIENT.query) {
      const { bytes, end } = stream;
      if (infer(bytes, at, end, TO_SERVER).score === 3) {
        stream.advance(this.#unread);
        this.#forget();
        this.#doubted = true;
      }
    }
    if (!stream.resync) return;
    // Bytes passed in advance are void once the driver has begun anew; what waited then never ended.
    if (this.#unread > 0) this.#doubted = true;
    this.#forget();
  }

  #forget(): void {
    this.#unread = 0;
    this.#rest = 0;
    this.#step = 'packet';
    this.#chunks?.reset();
  }

  /** After bytes that were not seen, a packet must look like one. */
  #may_begin(stream: Stream): boolean {
    const { bytes, pos, end } = stream;
    const connection = this.#connection;
    connection.owes_addendum = false;
    const query = query_at(bytes, pos, end);
    if (query === 'bare' || query === 'framed') {
      connection.chunked[TO_SERVER] = query === 'framed';
      return true;
    }
    if (u8(bytes, pos) === CLIENT.hello) return infer(bytes, pos, end, TO_SERVER).says === 'request';
    const at = connection.chunked[TO_SERVER] ? pos + 4 : pos;
    const type = u8(bytes, at);
    if (at >= end || connection.revision === 0) return false;
    if (holds_block(TO_SERVER, type)) return block_holds(bytes, at + 1, end, connection.packed) === 'yes';
    if (type !== CLIENT.ping && type !== CLIENT.cancel && type !== CLIENT.tables_status) return false;
    scratch.set(bytes, at + 1, end);
    pass_body(scratch, TO_SERVER, type, connection);
    return scratch.ok && (scratch.at === end || connection.chunked[TO_SERVER]);
  }

  /** Undefined: goes on. */
  #bare(stream: Stream, emit: Emit): ParseState | 'damaged' | undefined {
    if (this.#rest > 0) {
      this.#rest = pass(stream, this.#rest);
      if (this.#rest > 0) return 'more';
    }
    if (this.#step === 'block') return this.#goes_on(stream);
    const { bytes, pos, end, hole } = stream;
    if (pos === end && hole === 0) return 'more';
    const cursor = scratch;
    cursor.set(bytes, pos, end);
    let read: Read;
    if (this.#step === 'parameters') {
      pass_settings(cursor);
      read = cursor.bad ? 'damaged' : cursor.short ? 'short' : 'next';
    } else read = this.#connection.owes_addendum ? this.#addendum(cursor) : this.#packet(cursor, stream, emit);
    if (read === 'short') return hole > 0 ? 'lost' : 'more';
    if (read === 'damaged') return 'damaged';
    if (read === 'unread') return 'lost';
    this.#step = read === 'next' ? 'packet' : read;
    stream.advance(Math.min(cursor.at, end) - stream.pos);
    return undefined;
  }

  #goes_on(stream: Stream): ParseState | 'damaged' | undefined {
    const walked = this.#block.run(stream);
    if (walked !== 'done') return walked;
    this.#step = 'packet';
    if (this.#counts && this.#block.rows > 0) {
      const { answer } = this.#connection;
      answer.sent_rows = Math.max(0, answer.sent_rows) + this.#block.rows;
    }
    return undefined;
  }

  #framed(stream: Stream, emit: Emit): ParseState | 'damaged' | undefined {
    this.#chunks ??= new ChunkReader();
    const chunks = this.#chunks;
    if (chunks.fresh && stream.pos < stream.end) stream.mark();
    const state = chunks.next(stream);
    if (state !== 'packet') return state;
    scratch.set(chunks.bytes, 0, chunks.stop);
    const read = this.#packet(scratch, undefined, emit);
    // Its end is known, so what could not be read of it loses nothing.
    return read === 'damaged' ? 'damaged' : undefined;
  }

  #addendum(cursor: ClickhouseCursor): Read {
    const connection = this.#connection;
    const chunked = read_addendum(cursor, connection.revision);
    if (chunked === undefined) return cursor.bad ? 'damaged' : 'short';
    connection.owes_addendum = false;
    [connection.chunked[0], connection.chunked[1]] = chunked;
    return 'next';
  }

  /** The packet at the cursor; without `stream` it was gathered, and is all there will be. */
  #packet(cursor: ClickhouseCursor, stream: Stream | undefined, emit: Emit): Read {
    const connection = this.#connection;
    const start = cursor.at;
    const type = cursor.number();
    if (!cursor.ok) return cursor.bad ? 'damaged' : 'short';
    if (type >= CLIENT_PACKETS.length) return 'damaged';
    if (type === CLIENT.query) return this.#query(cursor, stream, start, emit);
    if (holds_block(TO_SERVER, type)) {
      if (!cursor.text(NAME_BYTES_MAX)) return cursor.bad ? 'damaged' : 'short';
      this.#counts = type === CLIENT.data && cursor.text_start === cursor.text_stop;
      this.#block.begin(is_packed(TO_SERVER, type, connection));
      return 'block';
    }
    let message: Message | undefined;
    if (type === CLIENT.hello) message = read_client_hello(cursor, connection.session);
    else if (!pass_body(cursor, TO_SERVER, type, connection)) return 'unread';
    if (!cursor.ok) return cursor.bad ? 'damaged' : 'short';
    if (type === CLIENT.cancel) message = { type: MESSAGE_TYPE.session, one_way: true, request_type: 'Cancel' };
    else if (type === CLIENT.ping || type === CLIENT.tables_status) {
      message = { type: MESSAGE_TYPE.request, request_type: request_name(type) };
    }
    if (message === undefined) return 'next';
    if (type !== CLIENT.cancel) {
      connection.ask(type === CLIENT.hello ? 'hello' : type === CLIENT.ping ? 'ping' : 'tables');
    }
    message.length = cursor.at - start;
    stream?.mark();
    emit(message);
    return 'next';
  }

  #query(cursor: ClickhouseCursor, stream: Stream | undefined, start: number, emit: Emit): Read {
    const connection = this.#connection;
    const { options } = connection;
    const query = this.#read_query(cursor);
    if (query === undefined) return cursor.bad ? 'damaged' : 'short';
    const { bytes, at, stop } = cursor;
    const here = Math.min(query.length, stop - at);
    const final = stream === undefined || stream.hole > 0 || stream.ended;
    const wanted = query.length > WHOLE_BYTES_MAX ? options.string_bytes_max : query.length;
    if (here < wanted && !final) return 'short';
    const message = query_message(bytes, at, at + here, query, options);
    cursor.at = at + here;
    let read: Read = 'next';
    if (query.revision >= SINCE.parameters) {
      if (here < query.length) read = 'parameters';
      else {
        read_parameters(cursor, options, message);
        if (cursor.bad) return 'damaged';
        if (cursor.short && !final) return 'short';
        if (cursor.short) {
          read = 'parameters';
          cursor.at = stop;
        }
      }
    }
    this.#rest = query.length - here;
    message.length = read === 'next' && this.#rest === 0 ? cursor.at - start : at - start + query.length;
    this.#ask(query, message);
    stream?.mark();
    emit(message);
    return read;
  }

  /** By the revision agreed on; by what fits, when that is not known, or cannot be true. */
  #read_query(cursor: ClickhouseCursor): Query | undefined {
    const connection = this.#connection;
    const { session } = connection;
    const { bytes, at, stop } = cursor;
    let query: Query | undefined;
    let text = at;
    let contradicted = false;
    if (connection.revision > 0) {
      query = read_query(cursor, connection.revision);
      if (query === undefined && !cursor.bad && !this.#doubted) return undefined;
      text = cursor.at;
      // The client's own revision is not above that of its hello, nor below the one agreed on.
      const own = query?.kind === INITIAL ? query.own : 0;
      contradicted = own > 0 && (own < connection.revision || own > (session.client_revision || own));
      if (query !== undefined && !contradicted && ends_well(cursor, query)) {
        cursor.set(bytes, text, stop);
        this.#doubted = false;
        return query;
      }
    }
    cursor.set(bytes, at, stop);
    const found = find_query(cursor);
    const other = layout_of(found?.revision ?? 0) !== layout_of(connection.revision);
    if (found !== undefined && (other || contradicted)) {
      connection.found(found.revision);
    } else if (query !== undefined) cursor.set(bytes, text, stop);
    return found ?? query;
  }

  #ask(query: Query, message: Message): void {
    const connection = this.#connection;
    connection.packed = query.packed;
    connection.ask('query', /^\s*INSERT\b/i.test(message.request_resource ?? ''));
  }
}
