// One MySQL connection. The client speaks, the server answers; the answer's form depends on the command, so commands wait in
// a queue until theirs has been read to its end.
import { u24le } from '../bytes.ts';
import {
  type Direction,
  type Emit,
  forget,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  STATUS,
  TO_CLIENT,
  TO_SERVER,
  unseen_response,
} from '../protocol.ts';
import type { StatementText } from '../sql/statement.ts';
import type { Stream } from '../stream.ts';
import { Turns } from './turns.ts';
import { card } from './card.ts';
import { type Answer, COMMANDS } from './commands.ts';
import { are_frames, FRAME_HEADER_BYTES, framed, Unpacked } from './compress.ts';
import { infer } from './infer.ts';
import { CLIENT, compression, greeting_capabilities, is_greeting, is_login, read_login } from './login.ts';
import { begins_answer, PacketReader } from './packet.ts';
import { are_commands, CommandReader } from './request.ts';
import { AnswerReader } from './response.ts';
import { Statements } from './statements.ts';

const WAITING_MAX = 4096;
const LOGIN_BYTES_WANTED = 1024;
/** With connection attributes, which servers cut at 64 KiB. */
const LOGIN_BYTES_MAX = 70_000;
const LOGIN_PACKETS_MAX = 16;
/** Packets that contradict before the claim itself is doubted, on a connection that once was understood. */
const DAMAGED_MAX = 64;

interface Waiting {
  answer: Answer;
  text: StatementText | undefined;
}

export class MysqlParser implements Parser {
  readonly #options: ParseOptions;
  readonly #sent = new PacketReader(false);
  readonly #came = new PacketReader(true);
  readonly #commands: CommandReader;
  readonly #answers = new AnswerReader();
  readonly #waiting: Waiting[] = [];
  #server_capabilities: number | undefined;
  /** What frames follow once the login is accepted. */
  #compresses: 'no' | 'zlib' | 'zstd' = 'no';
  #unpacked: [Unpacked, Unpacked] | undefined;
  /** What follows cannot be read: a stream of the server's own, or frames compressed in a way that is not unpacked. */
  #opaque: 'no' | 'stream' | 'zstd' = 'no';
  /** Bytes of each direction that were there before: behind them begins the newest event. */
  readonly #left: [number, number] = [0, 0];
  /** The place of the next answer is unknown: bytes are passed over until a command has been sent. */
  #adrift = false;
  #next_sequence = -1;
  /** Commands so far, and how many those were when the server last sent something. */
  #asked = 0;
  #asked_before = 0;
  readonly #turns = new Turns();
  /** The client's last packet is not whole yet; the server sent something all the same. */
  #half_sent = false;
  #answered_half = false;
  /** `#asked` when the server's packet that is not whole was first seen. */
  #waits_since = -1;
  /** Unread bytes of the server; they came when nothing was asked, so they answer nothing that was asked since. */
  #unread = 0;
  #remnant = false;
  /** Where the newest event of the server begins, while it is read. */
  #event_at = 0;
  /** How many were asked since the server's last event. */
  #asked_since = 0;
  #requests_lost = false;
  /** Takes what the server's side tells, also when a command tells it. */
  #tell: Emit | undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#commands = new CommandReader(options, new Statements());
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const at = Math.min(stream.end, stream.pos + this.#left[direction]);
    // What follows a frame's header alone is its content.
    if (at - stream.pos !== FRAME_HEADER_BYTES) this.#look_at_frames(stream, at, direction, emit);
    const state = this.#opaque === 'no' ? this.#framed(stream, direction, emit) : pass(stream);
    this.#left[direction] = state === 'more' ? stream.end - stream.pos : 0;
    return state;
  }

  lost(direction: Direction): void {
    this.#turns.lost();
    this.#left[direction] = 0;
    if (direction === TO_SERVER) {
      this.#requests_lost = true;
    } else {
      this.#give_up();
      this.#unread = 0;
    }
  }

  #framed(stream: Stream, direction: Direction, emit: Emit): ParseState {
    if (this.#unpacked === undefined) return this.#plain(stream, direction, emit);
    if (this.#begins_frame(stream, direction)) {
      stream.advance(this.#left[direction]);
      this.#unpacked[direction].forget();
      if (direction === TO_CLIENT) this.#level(1, emit);
    }
    const unpacked = this.#unpacked[direction];
    return unpacked.run(stream, (plain) => {
      if (direction === TO_CLIENT) {
        this.#unread = unpacked.kept;
      } else if (unpacked.restarted) {
        this.#sent.forget();
        this.#half_sent = false;
      }
      return this.#plain(plain, direction, emit);
    });
  }

  /**
   * An event begins at `at`. A command shows what frames there are, whatever was agreed on as far as was seen; of a
   * connection seen from its middle an answer does, too.
   */
  #look_at_frames({ bytes, end }: Stream, at: number, direction: Direction, emit: Emit): void {
    const inner = framed(bytes, at, end);
    if (inner >= 0) {
      if (this.#unpacked !== undefined || this.#opaque === 'zstd') return;
      const first = this.#good === 0 && infer(bytes, at, end, direction).score > 0;
      if (first || (direction === TO_SERVER && are_commands(bytes, inner, end))) this.#switch(true, emit);
      return;
    }
    if (direction === TO_CLIENT || (this.#opaque === 'no' && this.#unpacked === undefined)) return;
    const is_plain =
      this.#opaque === 'stream' ? are_commands(bytes, at, end) : infer(bytes, at, end, TO_SERVER).score === 3;
    if (is_plain) this.#switch(false, emit);
  }

  /** A frame begins where more of another was due that this event does not bring, or for which nobody would have waited. */
  #begins_frame({ bytes, pos, end }: Stream, direction: Direction): boolean {
    const at = pos + this.#left[direction];
    const is_passing = this.#unpacked![direction].rest > 0;
    if ((at === pos && !is_passing) || !are_frames(bytes, at, end, direction === TO_CLIENT ? 1 : 0)) return false;
    const asked_on = direction === TO_CLIENT && this.#asked !== this.#asked_before;
    if (is_passing) return asked_on || direction === TO_SERVER;
    return asked_on || at - pos < FRAME_HEADER_BYTES || pos + FRAME_HEADER_BYTES + u24le(bytes, pos) !== end;
  }

  #switch(packed: boolean, emit: Emit): void {
    this.#unpacked = packed ? [new Unpacked(), new Unpacked()] : undefined;
    this.#opaque = 'no';
    // What was asked was answered in bytes that were not understood.
    this.#level(0, this.#tell ?? emit);
    this.#answers.forget();
    this.#sent.forget();
    this.#came.forget();
    this.#half_sent = false;
    this.#adrift = this.#good > 0;
    this.#unread = packed ? 0 : this.#left[TO_CLIENT];
  }

  #plain(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return direction === TO_SERVER ? this.#to_server(stream, emit) : this.#to_client(stream, emit);
  }

  #to_server(stream: Stream, emit: Emit): ParseState {
    const packet = this.#sent;
    if (stream.resync) {
      packet.forget();
      this.#half_sent = false;
    } else if (this.#half_sent && this.#answered_half) {
      // Answered although not whole: its length was damaged. This place is not tried again.
      this.#half_sent = false;
      stream.advance(1);
      return 'lost';
    }
    this.#answered_half = false;
    for (;;) {
      const state = packet.peek(stream, Math.max(LOGIN_BYTES_WANTED, this.#commands.wanted));
      if (state === 'more' && packet.headed && !this.#may_come_next(stream)) return this.#doubt();
      this.#half_sent = state === 'more' && packet.headed;
      if (state !== 'packet') return state;
      if (stream.resync && this.#good > 0 && !may_begin(stream)) return this.#doubt();
      if (packet.sequence === 0 && (!this.#answers.takes_file || is_statement(stream))) {
        if (!this.#command(stream, emit)) return this.#doubt();
      } else if (is_login(stream.bytes, packet.start, packet.stop, packet.length) && !this.#logs_in()) {
        if (this.#login(stream, emit)) {
          packet.take(stream);
          return 'encrypted';
        }
      } else if (!this.#logs_in() && !this.#answers.takes_file) return this.#doubt();
      packet.take(stream);
    }
  }

  /** Of a packet that is not wholly there yet: waiting for it is not in vain. */
  #may_come_next(stream: Stream): boolean {
    const { sequence, start, stop } = this.#sent;
    if (this.#logs_in() || this.#answers.takes_file) return true;
    // A login comes after the greeting, perhaps after a request for TLS.
    if (sequence !== 0) return sequence <= 2 && this.#waiting.length === 0 && this.#sent.length <= LOGIN_BYTES_MAX;
    return stop === start || COMMANDS.has(stream.bytes[start]!);
  }

  /** Authentication is under way: what the client sends is none of ours. */
  #logs_in(): boolean {
    return this.#waiting[0]?.answer === 'login';
  }

  #command(stream: Stream, emit: Emit): boolean {
    const request = this.#commands.read(this.#sent, stream.bytes);
    if (request === undefined) return false;
    this.#good++;
    this.#damaged = 0;
    if (request.command.answer !== 'none') this.#wait(request.command.answer, request.text);
    stream.mark();
    emit(request.message);
    return true;
  }

  #wait(answer: Answer, text: StatementText | undefined): void {
    this.#asked++;
    if (this.#requests_lost) this.#give_up();
    this.#requests_lost = false;
    // An answer to something unseen that was under way has ended.
    if (this.#waiting.length === 0) this.#answers.forget();
    if (this.#waiting.length === 0) this.#remnant = this.#unread > 0;
    const left = this.#answers.begun ? 0 : this.#waiting.length;
    if (this.#turns.asked(left) && this.#tell !== undefined) this.#level(0, this.#tell);
    this.#waiting.push({ answer, text });
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
  }

  /** True when the connection is encrypted from here on. */
  #login(stream: Stream, emit: Emit): boolean {
    const { start, stop, length } = this.#sent;
    const login = read_login(stream.bytes, start, stop, length);
    if (login.wants_tls) return true;
    // Without the greeting, what the client can do is known, not whether the server agreed.
    const able = (login.capabilities & CLIENT.query_attributes) !== 0;
    const agreed =
      this.#server_capabilities === undefined ? undefined : this.#server_capabilities & CLIENT.query_attributes;
    this.#commands.attributes = able ? (agreed === undefined ? undefined : agreed !== 0) : false;
    this.#compresses = compression(login.capabilities, this.#server_capabilities);
    this.#wait('login', undefined);
    stream.mark();
    const message = new_message(MESSAGE_TYPE.request);
    message.request_type = 'COM_CONNECT';
    message.request_resource = login.text;
    message.endpoint = login.text;
    message.length = length + 4;
    emit(message);
    this.#good++;
    return false;
  }

  #to_client(stream: Stream, emit: Emit): ParseState {
    const packet = this.#came;
    this.#tell = emit;
    if (stream.resync) {
      packet.forget();
      this.#next_sequence = -1;
      if (this.#good > 0) this.#adrift = true;
    }
    this.#begin_anew(stream, emit);
    this.#asked_before = this.#asked;
    const state = this.#read_answers(stream, emit);
    this.#unread = state === 'more' ? stream.end - stream.pos : 0;
    return state;
  }

  /**
   * The client has asked since the server last sent something, and here, where more of a packet or of an answer was due,
   * an answer begins: what was under way never came whole.
   */
  #begin_anew(stream: Stream, emit: Emit): void {
    const packet = this.#came;
    const at = stream.pos + this.#unread;
    this.#event_at = at;
    this.#asked_since = this.#asked - this.#asked_before;
    const is_open = this.#unread > 0 || packet.rest > 0 || this.#answers.begun;
    const begins = this.#asked_since > 0 && is_open && begins_answer(stream.bytes, at, stream.end);
    if (this.#remnant || begins) stream.advance(this.#unread);
    this.#remnant = false;
    if (!begins) return;
    packet.forget();
    // Of a client that asks on while answers come only the answer under way is known to have ended.
    if (!this.#turns.slides) this.#level(1, emit);
    else if (this.#waiting.length > 1) this.#miss(emit);
    this.#waits_since = -1;
  }

  #read_answers(stream: Stream, emit: Emit): ParseState {
    const packet = this.#came;
    for (;;) {
      if (this.#adrift && this.#waiting.length === 0) {
        this.#answered_half = this.#half_sent;
        return pass(stream);
      }
      const state = packet.peek(stream, this.#answers.wanted);
      if (state === 'more' && this.#is_worth_waiting(stream)) return 'more';
      this.#waits_since = -1;
      if (state === 'lost') return 'lost';
      if (state === 'more' && stream.pos < this.#event_at && this.#waiting.length > 0) {
        // What was asked last may be answered in what has come now.
        this.#level(1, emit);
        this.#next_sequence = -1;
        this.#adrift = true;
        stream.advance(this.#event_at - stream.pos);
        continue;
      }
      if (state === 'more') {
        // Here begins no packet, so that this place is not tried again.
        stream.advance(1);
        return this.#doubt();
      }
      if (!this.#answer(stream, emit)) return this.#doubt();
      packet.take(stream);
      if (this.#opaque !== 'no') return pass(stream);
    }
  }

  /** False when the packet cannot be what is due. */
  #answer(stream: Stream, emit: Emit): boolean {
    const { sequence, start, stop } = this.#came;
    const { bytes } = stream;
    if (!this.#answers.begun) {
      if (sequence === 0 && is_greeting(bytes, start, stop)) {
        this.#server_capabilities = greeting_capabilities(bytes, start, stop);
        this.#good++;
        return true;
      }
      const due = this.#waiting[0];
      if (due === undefined) return this.#stray(stream, emit);
      if (!this.#begins(sequence)) return this.#late(sequence, stop - start);
      // What came before its command is no answer to it.
      if (stream.pos < this.#event_at && this.#waiting.length <= this.#asked_since) return false;
      this.#answers.begin(due.answer);
      stream.mark();
    } else if (!this.#fits_on(sequence)) {
      // The next answer begins where more of this one was due.
      if (sequence !== 1 || this.#waiting.length < 2) return false;
      this.#miss(emit);
      return this.#answer(stream, emit);
    }
    this.#adrift = false;
    this.#next_sequence = this.#came.is_full ? -1 : (sequence + 1) & 0xff;
    if (this.#answers.packet(this.#came, bytes, this.#options.redact)) this.#complete(emit);
    return true;
  }

  /** Not when the client asked on while the packet had not come: its length was damaged. */
  #is_worth_waiting(stream: Stream): boolean {
    if (stream.pos === stream.end) {
      this.#waits_since = -1;
      return true;
    }
    const { headed, sequence } = this.#came;
    // Nothing was asked: what does not come to an end soon is a remnant of something lost.
    const idle = this.#waiting.length === 0 && headed;
    const remnant = idle && sequence > 0 && sequence !== this.#next_sequence;
    // Nor does a client speak before a greeting has ended.
    if ((remnant && this.#waits_since >= 0) || (idle && this.#half_sent)) {
      this.#answered_half = this.#half_sent;
      return false;
    }
    if (this.#waits_since < 0) this.#waits_since = this.#asked;
    return this.#waits_since === this.#asked && (!headed || this.#fits(sequence));
  }

  /** Whether the number may be that of the next packet. */
  #fits(sequence: number): boolean {
    if (this.#next_sequence === sequence || this.#answers.takes_file) return true;
    if (this.#logs_in()) return sequence <= LOGIN_PACKETS_MAX;
    return this.#answers.begun ? this.#next_sequence < 0 || sequence === 1 : this.#begins(sequence);
  }

  /** Of a further packet of an answer. The client's packets in between take numbers too. */
  #fits_on(sequence: number): boolean {
    if (this.#next_sequence < 0 || this.#next_sequence === sequence || this.#answers.takes_file) return true;
    return this.#logs_in() && sequence <= LOGIN_PACKETS_MAX;
  }

  /** A command is answered from 1 on, a login later when other packets came before it. */
  #begins(sequence: number): boolean {
    const due = this.#waiting[0];
    if (due === undefined) return sequence <= 1;
    return due.answer === 'login' ? sequence > 0 && sequence <= LOGIN_PACKETS_MAX : sequence === 1;
  }

  /** The end marker behind the definitions of a prepared statement comes after its answer was complete. */
  #late(sequence: number, length: number): boolean {
    return sequence === this.#next_sequence && length === 5;
  }

  /** Nothing was asked, as far as was seen: only what tells itself is told. */
  #stray(stream: Stream, emit: Emit): boolean {
    const { sequence, start, stop, length } = this.#came;
    const { bytes } = stream;
    const first = bytes[start];
    if (this.#late(sequence, length)) return true;
    if (sequence > 1 || length === 0 || stop === start) return this.#good > 0;
    if (first !== 0xff && sequence === 0) return false;
    this.#answered_half = this.#half_sent;
    this.#turns.stray();
    this.#answers.begin('result');
    stream.mark();
    this.#next_sequence = (sequence + 1) & 0xff;
    if (this.#answers.packet(this.#came, bytes, this.#options.redact)) this.#complete(emit);
    return true;
  }

  #complete(emit: Emit): void {
    this.#remember();
    const due = this.#waiting.shift();
    if (due !== undefined) this.#turns.answered(this.#waiting.length);
    const { message } = this.#answers;
    this.#answers.forget();
    this.#good++;
    this.#damaged = 0;
    emit(message);
    if (due?.answer === 'login' && message.response_status === STATUS.ok) this.#compress();
    if (due?.answer === 'stream') this.#opaque = 'stream';
  }

  /** Keeps a prepared statement's text under the id that its answer brought. */
  #remember(): void {
    const { prepared } = this.#answers;
    const text = this.#waiting[0]?.text;
    if (prepared === undefined || text === undefined) return;
    this.#commands.statements.set(prepared.id, {
      text: text.stored,
      endpoint: text.endpoint,
      parameters: prepared.parameters,
      types: undefined,
      long: undefined,
    });
  }

  #compress(): void {
    if (this.#compresses === 'zlib') this.#unpacked ??= [new Unpacked(), new Unpacked()];
    if (this.#compresses === 'zstd') this.#opaque = 'zstd';
  }

  /** The end of the current answer was not seen: it is told as far as it went. */
  #miss(emit: Emit): void {
    const message = this.#answers.begun ? this.#answers.message : unseen_response();
    forget(message, 'length');
    if (this.#answers.begun) this.#remember();
    this.#waiting.shift();
    this.#answers.forget();
    emit(message);
  }

  /** All answers but the last `kept` are told as far as they were seen. */
  #level(kept: number, emit: Emit): void {
    while (this.#waiting.length > kept) this.#miss(emit);
  }

  /** What was seen of the current answer is told; who else waits is given up. */
  #give_up(): void {
    if (this.#answers.begun && this.#tell !== undefined) this.#miss(this.#tell);
    this.#answers.forget();
    this.#waiting.length = 0;
    this.#remnant = false;
    this.#adrift = this.#good > 0;
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** After bytes that were not seen, a command must look like one. */
function may_begin(stream: Stream): boolean {
  return infer(stream.bytes, stream.pos, stream.end, TO_SERVER).score > 0;
}

/** Certainly a command, even where a file's content is expected. */
function is_statement(stream: Stream): boolean {
  return infer(stream.bytes, stream.pos, stream.end, TO_SERVER).score === 3;
}

function pass(stream: Stream): ParseState {
  while (stream.pos < stream.end || stream.hole > 0) stream.advance(stream.end - stream.pos + stream.hole);
  return 'more';
}

export const protocol: Protocol = { card, infer, open: (options) => new MysqlParser(options) };
