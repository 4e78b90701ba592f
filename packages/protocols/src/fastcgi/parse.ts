// FastCGI (specification 1.0): a web server asks an application. Several requests may share a connection, each with an id of
// its own; what one id sends comes in records of several streams.
import { u8 } from '../bytes.ts';
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
  STATUS,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { Call, VERSION } from './call.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { MANAGEMENT, TYPE, TYPE_MAX } from './messages.ts';
import { read_pairs } from './pairs.ts';
import {
  are_records,
  content_bytes,
  HEAD_BYTES,
  read_end,
  record_size,
  RECORD_BYTES_MAX,
  request_id_of,
  type_of,
} from './record.ts';

/** Requests of one connection under way that are remembered; applications allow far fewer (FCGI_MAX_REQS). */
const CALLS_MAX = 1024;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;

class FastCgiParser implements Parser {
  readonly #options: ParseOptions;
  readonly #records = [new_records(TO_SERVER), new_records(TO_CLIENT)] as const;
  readonly #calls = new Map<number, Call>();
  /** Whose answer the stream's last mark is the beginning of. */
  #marked: Call | undefined = undefined;
  /** Whose answer came last. */
  #latest: Call | undefined = undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const records = this.#records[direction];
    if (records.begin(stream) || stream.resync) this.#lost(direction, emit);
    for (;;) {
      const state = records.next(stream);
      if (state === 'frame') {
        this.#record(stream, records, direction, emit);
        records.take(stream);
        this.#good++;
        this.#damaged = 0;
      } else if (state === 'damaged') {
        this.#lost(direction, emit);
        this.#damaged++;
        // A connection that was understood before has a damaged piece; one that never was is something else.
        return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
      } else {
        if (state === 'lost') this.#lost(direction, emit);
        else if (stream.ended && direction === TO_CLIENT && this.#latest !== undefined) this.#cut(this.#latest, emit);
        return state;
      }
    }
  }

  /** Records are missing: requests whose parameters had begun and answers whose end may never come are told as they are. */
  #lost(direction: Direction, emit: Emit): void {
    for (const call of this.#calls.values()) {
      if (direction === TO_SERVER) {
        if (!call.told && call.params?.any === true) this.#tell(call, emit);
      } else {
        this.#cut(call, emit);
      }
    }
  }

  /** An answer whose end will not come. */
  #cut(call: Call, emit: Emit): void {
    if (!call.told || !call.head.done || this.#calls.get(call.id) !== call) return;
    this.#calls.delete(call.id);
    emit(call.finish(undefined));
  }

  #record(stream: Stream, records: FrameReader, direction: Direction, emit: Emit): void {
    const { bytes } = stream;
    const { start } = records;
    if (records.stop - start < HEAD_BYTES) return;
    const content_end = start + HEAD_BYTES + content_bytes(bytes, start);
    const stop = Math.min(records.stop, content_end);
    if (request_id_of(bytes, start) === MANAGEMENT) this.#management(stream, start, stop, records.size, emit);
    else if (direction === TO_SERVER) this.#to_application(stream, start, stop, content_end, records.size, emit);
    else this.#from_application(stream, start, stop, content_end, records.size, emit);
  }

  #management(stream: Stream, start: number, stop: number, size: number, emit: Emit): void {
    const { bytes } = stream;
    const type = type_of(bytes, start);
    stream.mark();
    const message: Message = { type: MESSAGE_TYPE.request, request_id: MANAGEMENT, version: VERSION, length: size };
    if (type === TYPE.get_values) {
      message.request_type = 'GET_VALUES';
      message.request_resource = this.#values(bytes, start + HEAD_BYTES, stop);
    } else if (type === TYPE.get_values_result) {
      message.type = MESSAGE_TYPE.response;
      message.response_status = STATUS.ok;
      message.response_result = this.#values(bytes, start + HEAD_BYTES, stop);
    } else if (type > TYPE_MAX) {
      message.request_type = `type ${type}`;
    } else {
      message.type = MESSAGE_TYPE.response;
      message.response_status = STATUS.client_error;
      message.response_exception = `UNKNOWN_TYPE ${u8(bytes, start + HEAD_BYTES)}`;
    }
    emit(message);
  }

  /** Names, and their values where they have one. */
  #values(bytes: Uint8Array, start: number, stop: number): string {
    const texts: string[] = [];
    read_pairs(bytes, start, stop, (_, name, value, end) => {
      const text = Buffer.from(bytes.subarray(name, end)).toString('latin1');
      texts.push(value === end ? text : `${text.slice(0, value - name)}=${text.slice(value - name)}`);
    });
    return texts.join(', ').slice(0, this.#options.string_bytes_max);
  }

  #to_application(stream: Stream, start: number, stop: number, end: number, size: number, emit: Emit): void {
    const { bytes } = stream;
    const type = type_of(bytes, start);
    const id = request_id_of(bytes, start);
    if (type === TYPE.begin_request) {
      const before = this.#calls.get(id);
      // The end of what had this id before was lost.
      if (before !== undefined && !before.told && before.params?.any === true) this.#tell(before, emit);
      stream.mark();
      this.#add(new Call(id, bytes[start + HEAD_BYTES + 1] ?? 1, this.#options)).bytes_in = size;
      return;
    }
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (type === TYPE.abort_request) call.aborted = true;
    if (call.told) return;
    call.bytes_in += size;
    if (type !== TYPE.params) return;
    if (end > start + HEAD_BYTES) call.params?.write(bytes, start + HEAD_BYTES, stop, stop === end);
    else this.#tell(call, emit);
  }

  #tell(call: Call, emit: Emit): void {
    call.told = true;
    emit(call.request());
  }

  #add(call: Call): Call {
    this.#calls.delete(call.id);
    if (this.#calls.size >= CALLS_MAX) {
      for (const oldest of this.#calls.keys()) {
        this.#calls.delete(oldest);
        break;
      }
    }
    this.#calls.set(call.id, call);
    return call;
  }

  #from_application(stream: Stream, start: number, stop: number, end: number, size: number, emit: Emit): void {
    const { bytes } = stream;
    const type = type_of(bytes, start);
    const id = request_id_of(bytes, start);
    let call = this.#calls.get(id);
    if (call === undefined) {
      // Its request was not seen.
      call = this.#add(new Call(id, 0, this.#options));
      call.told = true;
    }
    if (this.#marked !== call && (call.bytes_out === 0 || type === TYPE.end_request)) {
      stream.mark();
      this.#marked = call;
    }
    this.#latest = call;
    call.bytes_out += size;
    const content = start + HEAD_BYTES;
    if (type === TYPE.end_request) this.#end(call, read_end(bytes, start), emit);
    else if (type === TYPE.stderr) call.note_stderr(bytes, content, stop);
    else if (type === TYPE.stdout && end > content) {
      if (!call.head.done) call.head.write(bytes, content, stop, stop === end, call.answer, this.#options);
      else if (!call.shown) {
        // More than one record of a body: it may go on for hours.
        call.shown = true;
        emit({ ...call.answer, interim: true, unfinished: true });
      }
    }
  }

  #end(call: Call, end: { app_status: number; protocol_status: number }, emit: Emit): void {
    this.#marked = undefined;
    this.#calls.delete(call.id);
    // The application did not wait for the parameters: it refuses the role, or any request.
    if (!call.told) this.#tell(call, emit);
    emit(call.finish(end));
  }
}

function new_records(direction: Direction): FrameReader {
  return new FrameReader({
    size: (bytes, at, end) => record_size(bytes, at, end, direction),
    sure: (bytes, at, end) => are_records(bytes, at, end, direction),
    wanted: RECORD_BYTES_MAX,
  });
}

export const protocol: Protocol = { card, infer, open: (options) => new FastCgiParser(options) };
