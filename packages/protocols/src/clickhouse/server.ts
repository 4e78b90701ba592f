// What the server sends: the packets of each answer, up to the one that ends it.
import { type Emit, forget, type Message, type ParseState, TO_CLIENT } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { BlockReader } from './block.ts';
import { ChunkReader } from './chunks.ts';
import type { Connection, Due } from './connection.ts';
import { ClickhouseCursor, pass } from './cursor.ts';
import { read_server_hello } from './hello.ts';
import { SERVER, SERVER_PACKETS, SINCE } from './messages.ts';
import { answers_hold, holds_block, is_packed, pass_body } from './packets.ts';
import { read_exception } from './response.ts';

/** Of one call: a cursor of a connection would keep the bytes of its last event. */
const scratch = new ClickhouseCursor();

const NAME_BYTES_MAX = 4096;

type Read = 'next' | 'block' | 'short' | 'damaged' | 'unread';

export class ServerReader {
  readonly #connection: Connection;
  readonly #block: BlockReader;
  #chunks: ChunkReader | undefined;
  #in_block = false;
  /** Rows of the block being read are the result's. */
  #counts = false;
  /** The place of the next packet is known. */
  #aligned = true;
  #unread = 0;
  #asked = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#block = new BlockReader(connection, TO_CLIENT);
  }

  parse(stream: Stream, emit: Emit): ParseState | 'damaged' {
    this.#begin(stream, emit);
    for (;;) {
      const state = this.#step(stream, emit);
      if (state === undefined) continue;
      this.#unread = state === 'more' ? stream.end - stream.pos : 0;
      this.#asked = this.#connection.asked;
      if (state !== 'more') this.#forget();
      return state;
    }
  }

  /** Packets may be missing: what was seen of the answer is all that is told of it, and who else waits is given up. */
  lost(emit: Emit | undefined): void {
    const { due, answer } = this.#connection;
    if (due.length > 0 && answer.begun && emit !== undefined) this.#tell(answer.unfinished(), emit);
    due.length = 0;
    answer.reset();
    this.#forget();
  }

  #forget(): void {
    this.#in_block = false;
    this.#aligned = false;
    this.#unread = 0;
    this.#chunks?.reset();
    if (this.#connection.answer.begun) this.#connection.answer.lose();
  }

  #begin(stream: Stream, emit: Emit): void {
    const { due, asked } = this.#connection;
    const amid = this.#unread > 0 || this.#in_block || this.#chunks?.fresh === false;
    if (amid && asked !== this.#asked) {
      // Clients take turns: the answer that was being read has ended somewhere.
      const { bytes, end } = stream;
      const at = stream.pos + this.#unread;
      if (!stream.resync || answers_hold(bytes, at, end, this.#connection) === 'yes') stream.advance(this.#unread);
      this.#forget();
    }
    if (stream.resync) this.#forget();
    while (due.length > 1) {
      due.shift();
      this.#tell(this.#connection.answer.unfinished(), emit);
    }
  }

  /** Undefined: goes on. */
  #step(stream: Stream, emit: Emit): ParseState | 'damaged' | undefined {
    const connection = this.#connection;
    if (!this.#aligned) {
      if (connection.due.length === 0) {
        pass(stream, Number.POSITIVE_INFINITY);
        return 'more';
      }
      if (stream.pos === stream.end && stream.hole === 0) return 'more';
      if (!this.#may_begin(stream)) return 'lost';
      this.#aligned = true;
    }
    if (connection.chunked[TO_CLIENT]) return this.#framed(stream, emit);
    if (this.#in_block) return this.#goes_on(stream);
    const { bytes, pos, end, hole } = stream;
    if (pos === end && hole === 0) return 'more';
    if (!connection.answer.begun) stream.mark();
    if (bytes[pos] === SERVER.progress || bytes[pos] === SERVER.profile_info) connection.fit(bytes, pos, end);
    scratch.set(bytes, pos, end);
    const read = this.#packet(scratch, emit);
    if (read === 'short' && hole > 0) {
      if (connection.due.length > 0) connection.answer.cut(bytes, pos, end);
      return 'lost';
    }
    if (read === 'short') return 'more';
    if (read === 'damaged') return 'damaged';
    if (read === 'unread') return 'lost';
    this.#in_block = read === 'block';
    stream.advance(scratch.at - pos);
    return undefined;
  }

  #may_begin(stream: Stream): boolean {
    const { bytes, pos, end } = stream;
    const connection = this.#connection;
    if (connection.due[0]!.kind === 'hello') return bytes[pos] === SERVER.hello || bytes[pos] === SERVER.exception;
    const at = connection.chunked[TO_CLIENT] ? pos + 4 : pos;
    const stop = connection.chunked[TO_CLIENT] ? Math.min(end, at + bytes[pos]! + 256 * bytes[pos + 1]!) : end;
    return answers_hold(bytes, at, stop, connection) === 'yes';
  }

  #goes_on(stream: Stream): ParseState | 'damaged' | undefined {
    const walked = this.#block.run(stream);
    if (walked !== 'done') return walked;
    this.#in_block = false;
    this.#count_block();
    return undefined;
  }

  #count_block(): void {
    const { answer } = this.#connection;
    answer.length += this.#block.length;
    if (this.#counts && this.#block.rows >= 0) answer.block_rows = Math.max(0, answer.block_rows) + this.#block.rows;
  }

  #framed(stream: Stream, emit: Emit): ParseState | 'damaged' | undefined {
    this.#chunks ??= new ChunkReader();
    const chunks = this.#chunks;
    const { answer } = this.#connection;
    if (chunks.fresh && stream.pos < stream.end && !answer.begun) stream.mark();
    const state = chunks.next(stream);
    if (state !== 'packet') return state;
    answer.length += chunks.length;
    scratch.set(chunks.bytes, 0, chunks.stop);
    return this.#packet(scratch, emit, true) === 'damaged' ? 'damaged' : undefined;
  }

  /** The packet at the cursor; `gathered`: its length is counted. */
  #packet(cursor: ClickhouseCursor, emit: Emit, gathered = false): Read {
    const connection = this.#connection;
    const { answer, options } = connection;
    const start = cursor.at;
    const type = cursor.number();
    if (!cursor.ok) return cursor.bad ? 'damaged' : 'short';
    if (type >= SERVER_PACKETS.length) return 'damaged';
    if (holds_block(TO_CLIENT, type)) {
      if (!cursor.text(NAME_BYTES_MAX)) return cursor.bad ? 'damaged' : 'short';
      this.#counts = type === SERVER.data;
      this.#block.begin(is_packed(TO_CLIENT, type, connection));
      this.#saw(cursor.at - start, gathered);
      return 'block';
    }
    if (type === SERVER.table_columns && is_packed(TO_CLIENT, type, connection)) {
      this.#counts = false;
      this.#block.begin(true);
      this.#saw(cursor.at - start, gathered);
      return 'block';
    }
    let failure: Message | undefined;
    const revision = connection.revision;
    if (type === SERVER.hello) read_server_hello(cursor, connection.session);
    else if (type === SERVER.exception) failure = read_exception(cursor, options.redact, options.string_bytes_max);
    else if (type === SERVER.progress) answer.progress(cursor, revision);
    else if (type === SERVER.profile_info) answer.profile(cursor, revision);
    else if (!pass_body(cursor, TO_CLIENT, type, connection)) return 'unread';
    if (!cursor.ok) return cursor.bad ? 'damaged' : 'short';
    this.#saw(cursor.at - start, gathered);
    this.#ends(type, failure, emit);
    return 'next';
  }

  #saw(length: number, gathered: boolean): void {
    const { answer, due } = this.#connection;
    if (due.length > 0) answer.begun = true;
    if (!gathered) answer.length += length;
  }

  #ends(type: number, failure: Message | undefined, emit: Emit): void {
    const connection = this.#connection;
    const { due, answer, session } = connection;
    const head = due[0];
    if (type === SERVER.hello) {
      connection.owes_addendum = connection.revision >= SINCE.addendum;
      connection.chunked.fill(false);
    }
    if (head === undefined) {
      answer.reset();
      return;
    }
    if (failure === undefined && ENDS[type] !== head.kind) return;
    due.shift();
    const message = failure ?? answer.message(head.inserts);
    if (failure !== undefined) {
      const partly = answer.message(head.inserts);
      if (partly.length !== undefined) message.length = partly.length;
      if (partly.attribute_names !== undefined) {
        message.attribute_names = partly.attribute_names;
        message.attribute_values = partly.attribute_values!;
      }
    } else if (head.kind !== 'query') forget(message, 'sql_affected_rows');
    if (head.kind === 'hello' && failure === undefined) message.response_result = String(session.server_revision);
    this.#tell(message, emit);
  }

  #tell(message: Message, emit: Emit): void {
    emit(message);
    this.#connection.answer.reset();
  }
}

/** The packet that ends each kind of answer; an exception ends all. */
const ENDS: Readonly<Record<number, Due['kind']>> = {
  [SERVER.hello]: 'hello',
  [SERVER.pong]: 'ping',
  [SERVER.tables_status]: 'tables',
  [SERVER.end_of_stream]: 'query',
};
