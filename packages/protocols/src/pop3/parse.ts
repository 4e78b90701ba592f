// One POP3 connection. Responses come in the order of their commands; behind some stands text, whose end tells where the
// next begins. Which lines are a login's follows from the responses, and where one was lost from what the client may do next.
import { CR, LF } from '../bytes.ts';
import { looks_like_tls } from '../infer.ts';
import { DotText } from '../lines/dot-text.ts';
import { LineReader } from '../lines/line-reader.ts';
import { Pending } from '../lines/pending.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  TO_SERVER,
  unseen_response,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { command_at, request_of } from './command.ts';
import { infer } from './infer.ts';
import { APOP, AUTH, AUTH_SENT, type Command, PASS, STLS, UNKNOWN } from './messages.ts';
import { indicator_at, ok, refusal } from './response.ts';

const LINE_BYTES_MAX = 4096;
const DAMAGED_MAX = 64;
const TLS_HANDSHAKE = 22;

/** What the client's next bytes are. 'unsure': a command, if they begin like one, else the rest of a login. */
type Mode = 'command' | 'login' | 'unsure';

export class Pop3Parser implements Parser {
  readonly #options: ParseOptions;
  readonly #commands = new LineReader(LINE_BYTES_MAX);
  readonly #responses = new LineReader(LINE_BYTES_MAX);
  /** Clients that pipeline keep a window of commands open. */
  readonly #pending = new Pending<Command>(true);
  readonly #text = new DotText();
  #mode: Mode = 'command';
  /** The response whose text is under way, and whether that may have ended unseen. */
  #response: Message | undefined = undefined;
  #doubtful = false;
  /** Commands that waited when the client spoke while a text was under way. */
  #waited = 0;
  #from_client = false;
  #greeted = false;
  #commands_lost = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  lost(direction: Direction): void {
    if (direction === TO_SERVER) this.#commands_lost = true;
    else this.#lose_responses();
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return direction === TO_SERVER ? this.#to_server(stream, emit) : this.#to_client(stream, emit);
  }

  #to_server(stream: Stream, emit: Emit): ParseState {
    if (!this.#from_client) {
      this.#from_client = true;
      if (this.#response === undefined) this.#turn();
      else {
        this.#doubtful = true;
        this.#waited = this.#pending.size;
      }
    }
    for (;;) {
      const { pos, end, hole } = stream;
      if (pos >= end && hole === 0) return 'more';
      const { last } = this.#pending;
      if (this.#mode === 'command' && (last === AUTH || last === AUTH_SENT))
        this.#mode = this.#pending.unseen > 0 ? 'unsure' : 'login';
      if (this.#mode === 'login') {
        this.#commands.forget();
        stream.advance(end - pos + hole);
      } else if (pos >= end) return 'lost';
      else {
        const state = this.#command(stream, emit);
        if (state !== undefined) return state;
      }
    }
  }

  #turn(): void {
    this.#pending.turn();
    if (this.#mode === 'login' && this.#pending.unseen > 0) this.#mode = 'unsure';
  }

  #command(stream: Stream, emit: Emit): ParseState | undefined {
    const { bytes, pos, end, hole } = stream;
    if (is_tls(stream)) return 'encrypted';
    const state = this.#commands.next(stream);
    if (state === 'more' || state === 'lost') return state;
    const { stop, after } = this.#commands;
    const known_only = stream.resync || this.#good === 0 || this.#mode === 'unsure';
    const line = state === 'line' ? command_at(bytes, pos, stop, known_only) : undefined;
    if (line === undefined) {
      if (this.#mode !== 'unsure') return this.#doubt();
      stream.advance(end - pos + hole);
      return 'more';
    }
    this.#end_login();
    stream.mark();
    const message = request_of(bytes, line, stop, this.#options);
    message.length = after - pos;
    this.#commands.take(stream);
    this.#send(line.command);
    emit(message);
    return undefined;
  }

  /** A command comes: what waits was answered unseen if a login was last. */
  #end_login(): void {
    const { last, size } = this.#pending;
    if (this.#mode === 'unsure' && (last === AUTH || last === AUTH_SENT)) this.#pending.unseen = size;
    this.#mode = 'command';
  }

  #send(command: Command): void {
    this.#good++;
    this.#damaged = 0;
    this.#greeted = true;
    if (this.#commands_lost) {
      // Who belongs to whom is not known before this command.
      this.#commands_lost = false;
      this.#pending.clear();
    }
    if (command.step === true) {
      const before = this.#pending.before((waiting) => waiting === command);
      this.#pending.unseen = Math.max(this.#pending.unseen, before + 1);
    }
    this.#pending.add(command);
  }

  #to_client(stream: Stream, emit: Emit): ParseState {
    this.#from_client = false;
    if (this.#response !== undefined && this.#doubtful && is_response(stream, stream.pos)) this.#end_early(emit);
    for (;;) {
      if (this.#response !== undefined) {
        if (stream.hole > 0) this.#doubtful = true;
        const ended = this.#text.pass(stream);
        if (!ended) return 'more';
        this.#end_text(emit);
        continue;
      }
      if (this.#pending.unseen > 0) this.#tell_unseen(stream, emit);
      const { bytes, pos, end, hole } = stream;
      if (pos >= end) return hole > 0 ? 'lost' : 'more';
      if (is_tls(stream)) return 'encrypted';
      this.#pending.begin(this.#commands.seen > 0);
      const state = this.#responses.next(stream);
      if (state === 'more' || state === 'lost') return state;
      const indicator = state === 'line' ? indicator_at(bytes, pos, this.#responses.stop) : undefined;
      if (indicator === undefined) {
        this.#pending.end();
        return this.#doubt();
      }
      const left = this.#respond(stream, indicator, emit);
      if (left !== undefined) return left;
    }
  }

  /** The first line of a response. Says when the connection goes on as something else. */
  #respond(stream: Stream, indicator: '+OK' | '-ERR' | '+', emit: Emit): 'encrypted' | undefined {
    const { bytes, pos } = stream;
    const { stop, after } = this.#responses;
    this.#good++;
    this.#damaged = 0;
    stream.mark();
    if (indicator === '+') {
      this.#greeted = true;
      // Nobody sends AUTH before all else was answered.
      for (let n = this.#pending.go_on(AUTH, AUTH_SENT); n > 0; n--) this.#tell_unknown(emit);
      this.#mode = this.#pending.prompts ? 'login' : 'unsure';
      this.#responses.take(stream);
      this.#pending.end();
      const message = ok();
      message.interim = true;
      message.length = after - pos;
      emit(message);
      return undefined;
    }
    const refused = indicator === '-ERR';
    const message = refused ? refusal(bytes, pos, stop, this.#may_tell(), this.#options) : ok();
    message.length = after - pos;
    this.#responses.take(stream);
    if (!this.#greeted && this.#pending.first === undefined) {
      this.#greeted = true;
      this.#pending.end();
      message.type = MESSAGE_TYPE.session;
      message.one_way = true;
      message.request_type = 'greeting';
      message.endpoint = 'greeting';
      emit(message);
      return undefined;
    }
    if (!refused && this.#has_text(stream, emit)) {
      this.#response = message;
      this.#doubtful = false;
      this.#waited = 0;
      this.#text.begin();
      return undefined;
    }
    const first = this.#answer(message, emit);
    return first === STLS && !refused ? 'encrypted' : undefined;
  }

  /** Words for a login may repeat it, and so may words for what nobody understood. */
  #may_tell(): boolean {
    const { first } = this.#pending;
    if (first === undefined || first === UNKNOWN || first === PASS || first === APOP) return false;
    return first !== AUTH && first !== AUTH_SENT && first.argument !== 'person';
  }

  /** Whether text follows the line that was just taken. */
  #has_text({ bytes, pos, end }: Stream, emit: Emit): boolean {
    const { first } = this.#pending;
    if (first?.text === true) return true;
    if (pos >= end || bytes[pos] === 43 || bytes[pos] === 45) return false;
    // It does, so this is the response to the newest command that has one; those before were answered unseen.
    const before = this.#pending.before((command) => command.text);
    for (let n = 0; n < before; n++) this.#tell_unknown(emit);
    return true;
  }

  #end_text(emit: Emit): void {
    const message = this.#response!;
    this.#response = undefined;
    message.length = (message.length ?? 0) + this.#text.bytes;
    this.#answer(message, emit);
  }

  /**
   * The end of a text was not seen, and the client spoke behind it: all that waited then was answered. A text without a line
   * was none, and its response the last of them; else what came behind its end was taken for more of it.
   */
  #end_early(emit: Emit): void {
    const others = Math.min(this.#waited, this.#pending.size) - 1;
    const is_text = this.#text.bytes > 0;
    if (is_text) this.#end_text(emit);
    for (let n = others; n > 0; n--) this.#tell_unknown(emit);
    if (!is_text) this.#end_text(emit);
  }

  #answer(message: Message, emit: Emit): Command | undefined {
    const first = this.#pending.take();
    if (this.#mode === 'login') this.#mode = first === AUTH || first === AUTH_SENT ? 'command' : 'unsure';
    emit(message);
    return first;
  }

  #lose_responses(): void {
    const { last } = this.#pending;
    if (this.#mode === 'login' || (this.#mode === 'command' && (last === AUTH || last === AUTH_SENT)))
      this.#mode = 'unsure';
    this.#pending.clear();
    this.#pending.end();
    this.#response = undefined;
  }

  #tell_unseen(stream: Stream, emit: Emit): void {
    const { seen } = this.#responses;
    if (seen > 0 && !is_response(stream, stream.pos + seen)) {
      // The rest of a line comes after all: the last of them is answered.
      this.#pending.unseen--;
    } else {
      // What was read of a line belongs to one of them.
      this.#responses.skip(stream);
      this.#pending.end();
    }
    for (let n = this.#pending.unseen; n > 0; n--) this.#tell_unknown(emit);
  }

  #tell_unknown(emit: Emit): void {
    this.#pending.skip();
    emit(unseen_response());
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** Whether a response begins at `at`. */
function is_response({ bytes, end }: Stream, at: number): boolean {
  let stop = at;
  while (stop < end && bytes[stop] !== CR && bytes[stop] !== LF && stop - at < LINE_BYTES_MAX) stop++;
  const indicator = indicator_at(bytes, at, stop);
  return indicator === '+OK' || indicator === '-ERR';
}

function is_tls({ bytes, pos, end }: Stream): boolean {
  return bytes[pos] === TLS_HANDSHAKE && looks_like_tls(bytes, pos, end) === 2;
}

export const protocol: Protocol = { card, infer, open: (options) => new Pop3Parser(options) };
