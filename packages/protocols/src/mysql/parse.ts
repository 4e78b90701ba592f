// One MySQL connection. The client speaks, the server answers; the answer's form depends on the command, so commands wait in
// a queue until theirs has been read to its end.
import {
  type Direction,
  type Emit,
  type Message,
  MESSAGE_TYPE,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  STATUS,
  TO_SERVER,
} from '../protocol.ts';
import type { StatementText } from '../sql/statement.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import type { Answer } from './commands.ts';
import { framed, Unpacked } from './compress.ts';
import { infer } from './infer.ts';
import { CLIENT, compression, greeting_capabilities, is_greeting, is_login, read_login } from './login.ts';
import { PacketReader } from './packet.ts';
import { CommandReader } from './request.ts';
import { AnswerReader } from './response.ts';
import { Statements } from './statements.ts';

const WAITING_MAX = 4096;
const LOGIN_BYTES_WANTED = 1024;
/** Packets that contradict before the claim itself is doubted, on a connection that once was understood. */
const DAMAGED_MAX = 64;

interface Waiting {
  answer: Answer;
  text: StatementText | undefined;
}

export class MysqlParser implements Parser {
  readonly #options: ParseOptions;
  readonly #sent = new PacketReader();
  readonly #came = new PacketReader();
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
    if (stream.resync) packet.forget();
    for (;;) {
      const state = packet.peek(stream, Math.max(LOGIN_BYTES_WANTED, this.#commands.wanted));
      if (state !== 'packet') return state;
      if (stream.resync && this.#good > 0 && !may_begin(stream)) return this.#doubt();
      if (packet.sequence === 0 && !this.#answers.takes_file) {
        if (!this.#command(stream, emit)) return this.#doubt();
      } else if (is_login(stream.bytes, packet.start, packet.stop, packet.length) && !this.#logs_in()) {
        if (this.#login(stream, emit)) return 'tls';
      } else if (!this.#logs_in() && !this.#answers.takes_file) return this.#doubt();
      packet.take(stream);
    }
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
    this.#waiting.push({ answer, text });
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
  }

  /** True when the connection is encrypted from here on. */
  #login(stream: Stream, emit: Emit): boolean {
    const { start, stop, length } = this.#sent;
    const login = read_login(stream.bytes, start, stop, length);
    if (login.wants_tls) return true;
    const agreed = login.capabilities & (this.#server_capabilities ?? login.capabilities);
    this.#commands.attributes = (agreed & CLIENT.query_attributes) !== 0;
    this.#compresses = compression(login.capabilities, this.#server_capabilities);
    this.#wait('login', undefined);
    stream.mark();
    emit({
      type: MESSAGE_TYPE.request,
      request_type: 'COM_CONNECT',
      request_resource: login.text,
      endpoint: login.text,
      length: length + 4,
    });
    this.#good++;
    return false;
  }

  #to_client(stream: Stream, emit: Emit): ParseState {
    const packet = this.#came;
    if (stream.resync) {
      packet.forget();
      this.#next_sequence = -1;
    }
    for (;;) {
      if (this.#adrift && this.#waiting.length === 0) return pass(stream);
      const state = packet.peek(stream, this.#answers.wanted);
      if (state === 'more') return 'more';
      if (state === 'lost') {
        this.#lose(emit);
        return 'lost';
      }
      if (!this.#answer(stream, emit)) {
        this.#lose(emit);
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
      const due = this.#waiting[0];
      if (due === undefined) return this.#stray(stream, emit);
      // A login is answered after 1, or after 2 when its packet was preceded by others; a command always with 1.
      if (due.answer === 'login' ? sequence === 0 || sequence > 16 : sequence !== 1)
        return this.#late(sequence, stop - start);
      this.#answers.begin(due.answer);
      stream.mark();
    } else if (sequence !== this.#next_sequence && this.#next_sequence >= 0 && !this.#skips_numbers()) return false;
    this.#adrift = false;
    this.#next_sequence = this.#came.is_full ? -1 : (sequence + 1) & 0xff;
    if (this.#answers.packet(this.#came, bytes, this.#options.redact)) this.#complete(emit);
    return true;
  }

  /** The client's packets in between take numbers too. */
  #skips_numbers(): boolean {
    return this.#answers.takes_file || this.#logs_in();
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
    this.#answers.begin('result');
    stream.mark();
    this.#next_sequence = (sequence + 1) & 0xff;
    if (this.#answers.packet(this.#came, bytes, this.#options.redact)) this.#complete(emit);
    return true;
  }

  #complete(emit: Emit): void {
    this.#remember();
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

  /** What was seen of the current answer is told; those behind it are unknown. */
  #lose(emit: Emit): void {
    if (this.#answers.begun) {
      const { message } = this.#answers;
      delete message.length;
      this.#remember();
      this.#waiting.shift();
      emit(message);
    }
    for (const _ of this.#waiting) emit({ type: MESSAGE_TYPE.response, response_status: STATUS.unknown } as Message);
    this.#waiting.length = 0;
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

function pass(stream: Stream): ParseState {
  while (stream.pos < stream.end || stream.hole > 0) stream.advance(stream.end - stream.pos + stream.hole);
  return 'more';
}

export const protocol: Protocol = { card, infer, open: (options) => new MysqlParser(options) };
