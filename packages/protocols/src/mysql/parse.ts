// One MySQL connection. The client speaks, the server answers; the answer's form depends on the command, so commands wait in
// a queue until theirs has been read to its end.
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
import type { StatementText } from '../sql/statement.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { type Answer, COMMANDS } from './commands.ts';
import { framed, Unpacked } from './compress.ts';
import { infer } from './infer.ts';
import { CLIENT, compression, greeting_capabilities, is_greeting, is_login, read_login } from './login.ts';
import { begins_answer, PacketReader } from './packet.ts';
import { CommandReader } from './request.ts';
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
  /** What follows cannot be read. */
  #opaque = false;
  /** The place of the next answer is unknown: bytes are passed over until a command has been sent. */
  #adrift = false;
  #next_sequence = -1;
  /** Commands so far, and how many those were when the server's packet that is not whole was first seen. */
  #asked = 0;
  #answered = 0;
  #answered_before = 0;
  /** Answers that were never seen, as far as taking turns tells. */
  #stale = 0;
  /** The client sent two commands at once: it does not take turns. */
  #sends_ahead = false;
  #in_this_write = 0;
  /** The client's last packet is not whole yet; an answer came all the same. */
  #half_sent = false;
  #answered_half = false;
  #waits_since = -1;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#commands = new CommandReader(options, new Statements());
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    if (this.#opaque) return pass(stream);
    // Seen from the middle: the first frames tell.
    if (this.#good === 0 && this.#unpacked === undefined && framed(stream.bytes, stream.pos, stream.end) >= 0) {
      if (infer(stream.bytes, stream.pos, stream.end, direction).score > 0)
        this.#unpacked = [new Unpacked(), new Unpacked()];
    }
    if (this.#unpacked === undefined) return this.#plain(stream, direction, emit);
    return this.#unpacked[direction].run(stream, (plain) => this.#plain(plain, direction, emit));
  }

  #plain(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return direction === TO_SERVER ? this.#to_server(stream, emit) : this.#to_client(stream, emit);
  }

  #to_server(stream: Stream, emit: Emit): ParseState {
    const packet = this.#sent;
    this.#in_this_write = 0;
    if (this.#half_sent && this.#answered_half) {
      // Answered although not whole: its length was damaged. This place is not tried again.
      this.#half_sent = false;
      stream.advance(1);
      return 'lost';
    }
    this.#answered_half = false;
    if (stream.resync) packet.forget();
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
    this.#watch_turns();
    this.#waiting.push({ answer, text });
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
  }

  /** Client and server take turns: a command behind an answer finds no other waiting, unless one was never seen. */
  #watch_turns(): void {
    if (++this.#in_this_write > 1) this.#sends_ahead = true;
    const left = this.#waiting.length;
    const answered = !this.#answers.begun && this.#answered > this.#answered_before;
    if (left > 0 && answered && !this.#sends_ahead) this.#stale = left;
    this.#answered_before = this.#answered;
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
    if (stream.resync) {
      packet.forget();
      this.#next_sequence = -1;
      // Whatever was under way when bytes were lost has ended when the client asked on.
      while (this.#waiting.length > 1) this.#miss(emit);
      if (this.#good > 0) this.#adrift = true;
    }
    for (;;) {
      if (this.#adrift && this.#waiting.length === 0) return pass(stream);
      // The client has asked on, so the packet that seems to be under way has ended: its length was damaged.
      if (packet.rest > 0 && this.#waiting.length > 1 && begins_answer(stream)) {
        packet.forget();
        this.#miss(emit);
      }
      const state = packet.peek(stream, this.#answers.wanted);
      if (state === 'more' && this.#is_worth_waiting(stream)) return 'more';
      this.#waits_since = -1;
      if (state === 'lost') {
        this.#lose(emit);
        return 'lost';
      }
      if (state === 'more' || !this.#answer(stream, emit)) {
        // What was asked last may be answered in bytes that are here already.
        if (state === 'more') {
          while (this.#waiting.length > 1) this.#miss(emit);
          // Here begins no packet, so that this place is not tried again.
          stream.advance(1);
        } else this.#lose(emit);
        return this.#doubt();
      }
      packet.take(stream);
      if (this.#opaque) return pass(stream);
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
      for (; this.#stale > 0; this.#stale--) if (this.#waiting.length > 1) this.#miss(emit);
      const due = this.#waiting[0];
      if (due === undefined) return this.#stray(stream, emit);
      if (!this.#begins(sequence)) return this.#late(sequence, stop - start);
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
    if ((remnant && this.#waits_since >= 0) || (idle && this.#half_sent)) return false;
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
    this.#answers.begin('result');
    stream.mark();
    this.#next_sequence = (sequence + 1) & 0xff;
    if (this.#answers.packet(this.#came, bytes, this.#options.redact)) this.#complete(emit);
    return true;
  }

  #complete(emit: Emit): void {
    this.#remember();
    this.#answered++;
    const due = this.#waiting.shift();
    const { message } = this.#answers;
    this.#answers.forget();
    this.#good++;
    this.#damaged = 0;
    emit(message);
    if (due?.answer === 'login' && message.response_status === STATUS.ok) this.#compress();
    if (due?.answer === 'stream') this.#opaque = true;
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
    this.#opaque = this.#compresses === 'zstd';
  }

  /** The end of the current answer was not seen: it is told as far as it went. */
  #miss(emit: Emit): void {
    const message = this.#answers.begun ? this.#answers.message : new_message(MESSAGE_TYPE.response, STATUS.unknown);
    delete message.length;
    if (this.#answers.begun) this.#remember();
    this.#waiting.shift();
    this.#answers.forget();
    emit(message);
  }

  /** What was seen of the current answer is told; those behind it are unknown. */
  #lose(emit: Emit): void {
    if (this.#answers.begun) this.#miss(emit);
    while (this.#waiting.length > 0) this.#miss(emit);
    this.#answers.forget();
    this.#adrift = true;
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
