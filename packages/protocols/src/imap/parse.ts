// One IMAP connection. Tags pair; what is neither a tagged command nor a tagged response is passed over: untagged data,
// literals of both sides, the lines of logins and of IDLE.
import { looks_like_tls } from '../infer.ts';
import { LineReader } from '../lines/line-reader.ts';
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
import { are_commands, command_at, literal_at, request_of, UNKNOWN } from './command.ts';
import { DataLine } from './data-line.ts';
import { infer } from './infer.ts';
import { condition_at, is_likely, last_tagged, put_status, response, tagged_at } from './response.ts';

/** Sets of messages make long lines; longer ones are read so far. */
const COMMAND_BYTES_MAX = 16_384;
const STATUS_BYTES_MAX = 16_384;
/** Commands that wait; further ones are not remembered. */
const OUTSTANDING_MAX = 1024;
const DAMAGED_MAX = 64;
const STAR = 42;
const PLUS = 43;
const TLS_HANDSHAKE = 22;

/**
 * What the client's next bytes are: a command, the rest of one, the same once the server has told to go on, lines of a
 * login. 'unsure': a command, if they begin like one, else the rest of what went before.
 */
type Mode = 'command' | 'rest' | 'wait' | 'login' | 'unsure';

interface Waiting {
  name: string;
  /** How many were sent before it. */
  at: number;
}

export class ImapParser implements Parser {
  readonly #options: ParseOptions;
  readonly #commands = new LineReader(COMMAND_BYTES_MAX);
  readonly #lines = new LineReader(STATUS_BYTES_MAX);
  readonly #rest = new DataLine();
  readonly #data = new DataLine();
  /** Commands that wait for their response, by tag. */
  readonly #outstanding = new Map<number, Waiting>();
  #sent = 0;
  #mode: Mode = 'command';
  #last_tag = 0;
  #last_name = '';
  #in_data = false;
  /** Bytes of what came before the next tagged response. */
  #before = 0;
  /** Whether it has begun, and how many commands were sent before that: it answers none of what came since. */
  #begun = false;
  #begun_at = 0;
  #from_client = false;
  #greeted = false;
  #logout = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return direction === TO_SERVER ? this.#to_server(stream, emit) : this.#to_client(stream, emit);
  }

  #to_server(stream: Stream, emit: Emit): ParseState {
    if (stream.resync && (this.#mode === 'rest' || this.#mode === 'wait')) this.#mode = 'unsure';
    if (!this.#from_client) {
      this.#from_client = true;
      // The server has spoken, and lines that are commands are no literal by chance, nor a login's base64.
      const inside = this.#mode === 'rest' || this.#mode === 'login';
      if (inside && are_commands(stream.bytes, stream.pos, stream.end)) this.#mode = 'command';
    }
    for (;;) {
      const { pos, end, hole } = stream;
      if (pos >= end && hole === 0) return 'more';
      if (this.#mode === 'login') {
        this.#commands.forget();
        stream.advance(end - pos + hole);
      } else if (this.#mode === 'rest' || this.#mode === 'wait') {
        const state = this.#pass_rest(stream);
        if (state !== undefined) return state;
      } else if (pos >= end) return 'lost';
      else {
        const state = this.#command(stream, emit);
        if (state !== undefined) return state;
      }
    }
  }

  #pass_rest(stream: Stream): ParseState | undefined {
    // Who was not told to go on, or not seen to be told, goes on all the same.
    this.#mode = 'rest';
    this.#commands.forget();
    const state = this.#rest.pass(stream);
    if (state === 'waits') this.#mode = 'wait';
    else if (state === 'end') this.#mode = 'command';
    else return state;
    return undefined;
  }

  #command(stream: Stream, emit: Emit): ParseState | undefined {
    const { bytes, pos, end, hole } = stream;
    if (is_tls(stream)) return 'encrypted';
    const state = this.#commands.next(stream);
    if (state === 'more' || state === 'lost') return state;
    const whole = state === 'line';
    const stop = whole ? this.#commands.stop : pos + COMMAND_BYTES_MAX;
    if (whole && is_done(bytes, pos, stop)) {
      this.#commands.take(stream);
      return undefined;
    }
    const unsure = this.#mode === 'unsure';
    const known_only = stream.resync || unsure || this.#good === 0;
    const command = command_at(bytes, pos, stop, known_only);
    if (command === undefined) {
      if (!unsure) return this.#doubt();
      this.#commands.forget();
      stream.advance(end - pos + hole);
      return 'more';
    }
    const { tag, name } = command;
    const literal = whole ? literal_at(bytes, command.at, stop) : undefined;
    stream.mark();
    const message = request_of(bytes, command, stop, this.#options);
    message.length = (whole ? this.#commands.after : stop) - pos + (literal?.bytes ?? 0);
    if (whole) this.#commands.take(stream);
    else stream.advance(stop - pos);
    this.#mode = name === 'AUTHENTICATE' ? 'login' : 'command';
    if (literal !== undefined || !whole) {
      this.#rest.begin();
      this.#rest.literal = literal?.bytes ?? 0;
      this.#mode = literal?.waits === true ? 'wait' : 'rest';
    }
    this.#send(tag, name);
    emit(message);
    return undefined;
  }

  #send(tag: number, name: string): void {
    this.#heard();
    this.#greeted = true;
    this.#last_tag = tag;
    this.#last_name = name;
    if (name === 'LOGOUT') this.#logout = true;
    if (this.#outstanding.size >= OUTSTANDING_MAX) this.#outstanding.clear();
    if (this.#outstanding.size === 0) this.#forget_before();
    this.#outstanding.set(tag, { name, at: this.#sent++ });
  }

  #to_client(stream: Stream, emit: Emit): ParseState {
    const turned = this.#from_client;
    this.#from_client = false;
    if (stream.resync) this.#end_data();
    else if (turned && this.#in_data) this.#doubt_literal(stream);
    for (;;) {
      if (this.#in_data) {
        const state = this.#data.pass(stream);
        if (state === 'waits') continue;
        if (state !== 'end') return state;
        this.#count(this.#data.bytes);
        this.#in_data = false;
      }
      const { bytes, pos, end, hole } = stream;
      if (pos >= end) return hole > 0 ? 'lost' : 'more';
      if (is_tls(stream)) return 'encrypted';
      const first = bytes[pos]!;
      const state = first === STAR ? this.#untagged(stream, emit) : this.#line(stream, first === PLUS, emit);
      if (state !== undefined) return state;
    }
  }

  /** A literal that would reach over a response for which the client has stopped waiting has a damaged length. */
  #doubt_literal({ bytes, pos, end }: Stream): void {
    // Commands may have been taken for lines of a login or of a literal.
    const unseen = this.#mode !== 'command';
    const at = last_tagged(bytes, pos, end, (tag) => unseen || this.#outstanding.has(tag));
    if (at >= 0 && this.#data.literal > at - pos) this.#end_data();
  }

  #end_data(): void {
    this.#in_data = false;
    this.#forget_before();
  }

  #untagged(stream: Stream, emit: Emit): ParseState | undefined {
    const { bytes, pos, end } = stream;
    this.#mark_first(stream);
    const condition = pos + 2 < end ? condition_at(bytes, pos + 2, end) : 'more';
    if (condition === 'more') return stream.hole > 0 ? 'lost' : 'more';
    if (bytes[pos + 1] !== 32) return this.#doubt();
    if (condition === undefined) {
      this.#data.begin();
      this.#in_data = true;
      return undefined;
    }
    const state = this.#lines.next(stream);
    if (state === 'more' || state === 'lost') return state;
    if (state === 'long') return this.#doubt();
    const { stop, after } = this.#lines;
    const length = after - pos;
    this.#heard();
    const greets = !this.#greeted && this.#outstanding.size === 0;
    const leaves = condition === 'bye' && !this.#logout;
    if (greets || leaves) {
      stream.mark();
      const name = greets ? 'greeting' : 'BYE';
      const message = new_message(MESSAGE_TYPE.session);
      message.one_way = true;
      message.request_type = name;
      message.endpoint = name;
      message.length = length;
      put_status(message, condition, bytes, pos + 3 + condition.length, stop, true, this.#options);
      this.#greeted = true;
      this.#lines.take(stream);
      emit(message);
    } else {
      this.#count(length);
      this.#lines.take(stream);
    }
    return undefined;
  }

  /** What is told of a response begins with the first line that comes while the client waits. */
  #mark_first(stream: Stream): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#begun_at = this.#sent;
    stream.mark();
  }

  /** Untagged data has ended. */
  #count(bytes: number): void {
    if (this.#begun) this.#before += bytes;
  }

  #forget_before(): void {
    this.#begun = false;
    this.#before = 0;
  }

  #line(stream: Stream, go_on: boolean, emit: Emit): ParseState | undefined {
    const { bytes, pos } = stream;
    const state = this.#lines.next(stream);
    if (state === 'more' || state === 'lost') return state;
    const { stop, after } = this.#lines;
    const length = after - pos;
    if (state === 'line' && go_on) {
      this.#heard();
      stream.mark();
      this.#lines.take(stream);
      this.#go_on(length, emit);
      return undefined;
    }
    const tagged = state === 'line' ? tagged_at(bytes, pos, stop) : undefined;
    const waiting = tagged === undefined ? undefined : this.#outstanding.get(tagged.tag);
    const name = waiting?.name;
    if (tagged === undefined || (stream.resync && name === undefined && !is_likely(bytes, pos, stop)))
      return this.#doubt();
    const { tag, condition, text } = tagged;
    this.#heard();
    if (waiting !== undefined && waiting.at >= this.#begun_at) this.#forget_before();
    this.#mark_first(stream);
    const message = response(tag);
    message.length = this.#before + length;
    const own_words = name !== undefined && name !== 'LOGIN' && name !== 'AUTHENTICATE' && name !== UNKNOWN;
    put_status(message, condition, bytes, text, stop, own_words, this.#options);
    this.#lines.take(stream);
    this.#end(tag);
    emit(message);
    if (condition !== 'ok') return undefined;
    if (name === 'STARTTLS') return 'encrypted';
    return name === 'COMPRESS' ? 'done' : undefined;
  }

  /** "+": the announced literal may come, IDLE has begun, or a login goes on. */
  #go_on(length: number, emit: Emit): void {
    const tag = this.#last_tag;
    const message = response(tag);
    message.interim = true;
    message.response_status = STATUS.ok;
    message.length = length;
    if (this.#mode === 'wait') this.#mode = 'rest';
    else if (this.#last_name === 'IDLE' && this.#outstanding.has(tag)) message.unfinished = true;
    else if (this.#mode !== 'rest') this.#mode = 'login';
    emit(message);
  }

  /** The command of this tag is over, and with it whatever of it was still expected. */
  #end(tag: number): void {
    this.#forget_before();
    const known = this.#outstanding.delete(tag);
    if (known && tag === this.#last_tag) {
      if (this.#mode === 'wait' || this.#mode === 'login') this.#mode = 'command';
    } else if (!known || this.#last_name !== 'AUTHENTICATE') {
      // The login's own command, or the response to it, was not seen.
      if (this.#mode === 'login') this.#mode = 'unsure';
    }
  }

  #heard(): void {
    this.#good++;
    this.#damaged = 0;
  }

  #doubt(): ParseState {
    this.#forget_before();
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** The end of IDLE (RFC 2177), which has no tag. */
function is_done(bytes: Uint8Array, start: number, stop: number): boolean {
  return stop - start === 4 && String.fromCharCode(...bytes.subarray(start, stop)).toUpperCase() === 'DONE';
}

function is_tls({ bytes, pos, end }: Stream): boolean {
  return bytes[pos] === TLS_HANDSHAKE && looks_like_tls(bytes, pos, end) === 2;
}

export const protocol: Protocol = { card, infer, open: (options) => new ImapParser(options) };
