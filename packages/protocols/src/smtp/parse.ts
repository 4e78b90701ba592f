// One SMTP or LMTP connection. The client's side is commands, except where a message or a login is under way; which of
// them it is follows from the replies, and where a reply was lost from what the client does next.
import { CR, LF } from '../bytes.ts';
import { looks_like_tls } from '../infer.ts';
import { DotText } from '../lines/dot-text.ts';
import { LineReader } from '../lines/line-reader.ts';
import { Pending } from '../lines/pending.ts';
import {
  type Direction,
  type Emit,
  type Message,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  STATUS,
  TO_SERVER,
  unseen_response,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { are_commands, command_at, request_of } from './command.ts';
import { infer } from './infer.ts';
import { MessageId } from './message-id.ts';
import {
  ATRN,
  AUTH,
  AUTH_SENT,
  BDAT,
  BDAT_LAST,
  type Command,
  DATA,
  DATA_SENT,
  LHLO,
  MAIL,
  RCPT,
  RSET,
  STARTTLS,
  TURN,
  UNKNOWN,
  XCLIENT,
} from './messages.ts';
import { code_at, Reply } from './reply.ts';

/** RFC 4954 section 4.3.6 has lines of 12,288 bytes; those of logins are not read as lines. */
const LINE_BYTES_MAX = 16_384;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;
const GO_ON_LOGIN = 334;
const GO_ON_MESSAGE = 354;
const GREETING = 220;
const GIVING_UP = 421;
const TLS_HANDSHAKE = 22;

/** What the client's next bytes are. 'unsure': a command, if they begin like one, else the rest of what went before. */
type Mode = 'command' | 'login' | 'message' | 'chunk' | 'unsure';

export class SmtpParser implements Parser {
  readonly #options: ParseOptions;
  readonly #commands = new LineReader(LINE_BYTES_MAX);
  readonly #replies = new LineReader(LINE_BYTES_MAX);
  readonly #pending = new Pending<Command>();
  readonly #reply = new Reply();
  readonly #text = new DotText();
  readonly #message_id = new MessageId();
  #mode: Mode = 'command';
  /** Bytes of a BDAT chunk still to come. */
  #chunk = 0;
  #from_client = false;
  #greeted = false;
  #lmtp = false;
  /** In LMTP: recipients accepted, replies of the message at hand so far, the worst of them, their bytes. */
  #recipients = 0;
  #delivered = 0;
  #worst: Message | undefined = undefined;
  /** Commands may be missing before the next one. */
  #commands_lost = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  lost(direction: Direction): void {
    if (direction === TO_SERVER) this.#commands_lost = true;
    else this.#lose_replies();
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return direction === TO_SERVER ? this.#to_server(stream, emit) : this.#to_client(stream, emit);
  }

  #to_server(stream: Stream, emit: Emit): ParseState {
    if (stream.resync && (this.#mode === 'message' || this.#mode === 'chunk')) this.#mode = 'unsure';
    if (!this.#from_client) {
      this.#from_client = true;
      this.#pending.turn();
      if (this.#mode === 'login' && this.#pending.unseen > 0) this.#mode = 'unsure';
      // Nothing else waits, and the client goes on: no further recipient's reply comes.
      if (this.#worst !== undefined && this.#pending.size === 1) this.#pending.unseen = 1;
      // The server does not speak while a message is under way, and what follows it is no command by chance.
      const inside = this.#mode === 'message' || this.#mode === 'chunk';
      if (inside && are_commands(stream.bytes, stream.pos, stream.end)) {
        this.#mode = 'command';
        this.#pending.unseen = this.#pending.size;
      }
    }
    for (;;) {
      const { pos, end, hole } = stream;
      if (pos >= end && hole === 0) return 'more';
      if (this.#mode === 'command') this.#guess_mode(stream);
      if (this.#mode !== 'command' && this.#mode !== 'unsure') this.#commands.forget();
      if (this.#mode === 'message') this.#message(stream);
      else if (this.#mode === 'chunk') this.#pass_chunk(stream);
      else if (this.#mode === 'login') stream.advance(end - pos + hole);
      else if (pos >= end) return 'lost';
      else {
        const state = this.#command(stream, emit);
        if (state !== undefined) return state;
      }
    }
  }

  #command(stream: Stream, emit: Emit): ParseState | undefined {
    const { bytes, pos, end, hole } = stream;
    if (is_tls(stream)) return 'encrypted';
    const state = this.#commands.next(stream);
    if (state === 'more' || state === 'lost') return state;
    const { stop, after } = this.#commands;
    const known_only = stream.resync || this.#good === 0 || this.#mode === 'unsure';
    const doubtful = this.#mode === 'unsure' && !are_commands(bytes, pos, end);
    const line = state === 'line' && !doubtful ? command_at(bytes, pos, stop, known_only) : undefined;
    if (line === undefined) {
      if (this.#mode !== 'unsure') return this.#doubt();
      stream.advance(end - pos + hole);
      return 'more';
    }
    const { command, chunk } = line;
    this.#end_login();
    stream.mark();
    const message = request_of(bytes, line, stop, this.#options);
    message.length = after - pos + chunk;
    this.#commands.take(stream);
    this.#send(command, chunk);
    emit(message);
    return undefined;
  }

  /** A command comes: what waits was answered unseen if a login was last. */
  #end_login(): void {
    const { last, size } = this.#pending;
    if (this.#mode === 'unsure' && (last === AUTH || last === AUTH_SENT)) this.#pending.unseen = size;
    this.#mode = 'command';
  }

  /** A client that was answered nothing, or nothing that was seen, goes on with what its command announced. */
  #guess_mode(stream: Stream): void {
    const { last } = this.#pending;
    if (last === DATA) {
      if (!are_commands(stream.bytes, stream.pos, stream.end)) {
        this.#pending.unseen = this.#pending.go_on(DATA, DATA_SENT);
        this.#begin_message();
      }
    } else if (last === AUTH || last === AUTH_SENT) this.#mode = this.#pending.unseen > 0 ? 'unsure' : 'login';
  }

  #send(command: Command, chunk: number): void {
    this.#good++;
    this.#damaged = 0;
    this.#greeted = true;
    if (this.#commands_lost) {
      // Who belongs to whom is not known before this command.
      this.#commands_lost = false;
      this.#pending.clear();
    }
    if (command === LHLO) this.#lmtp = true;
    this.#pending.add(command);
    if (chunk === 0) return;
    this.#mode = 'chunk';
    this.#chunk = chunk;
  }

  #begin_message(): void {
    this.#mode = 'message';
    this.#text.begin();
    this.#message_id.begin(!this.#options.redact);
  }

  #message(stream: Stream): void {
    const { bytes, pos, end, hole } = stream;
    this.#message_id.see(bytes, pos, end);
    if (hole > 0) this.#message_id.hole();
    if (this.#text.pass(stream)) this.#mode = 'command';
  }

  #pass_chunk(stream: Stream): void {
    const step = Math.min(this.#chunk, stream.end - stream.pos + stream.hole);
    stream.advance(step);
    this.#chunk -= step;
    if (this.#chunk === 0) this.#mode = 'command';
  }

  #to_client(stream: Stream, emit: Emit): ParseState {
    this.#from_client = false;
    for (;;) {
      if (this.#pending.unseen > 0) this.#tell_unseen(stream, emit);
      const { bytes, pos, end, hole } = stream;
      if (pos >= end) return hole > 0 ? 'lost' : 'more';
      if (is_tls(stream)) return 'encrypted';
      this.#pending.begin(this.#commands.seen > 0);
      const state = this.#replies.next(stream);
      if (state === 'more' || state === 'lost') return state;
      const { stop, after } = this.#replies;
      const code = state === 'line' ? code_at(bytes, pos, stop) : 0;
      if (code === 0) {
        this.#pending.end();
        return this.#doubt();
      }
      if (this.#reply.inside && Math.abs(code) !== this.#reply.code) {
        // Its last line was damaged.
        const left = this.#finish(emit);
        if (left !== undefined) return left;
      }
      if (!this.#reply.inside) stream.mark();
      const whole = this.#reply.add(bytes, pos, stop, after - pos, code, this.#text_is_wanted());
      this.#replies.take(stream);
      if (!whole) continue;
      const left = this.#finish(emit);
      if (left !== undefined) return left;
    }
  }

  /** Where a message went, or who greets. */
  #text_is_wanted(): boolean {
    const { first } = this.#pending;
    return first === undefined || first === DATA_SENT || first === BDAT_LAST;
  }

  /** A whole reply. Says when the connection goes on as something else. */
  #finish(emit: Emit): 'encrypted' | 'done' | undefined {
    const reply = this.#reply;
    const { code } = reply;
    const pending = this.#pending;
    this.#good++;
    this.#damaged = 0;
    if (code === GO_ON_LOGIN || code === GO_ON_MESSAGE) {
      this.#go_on(emit);
      return undefined;
    }
    const { first } = pending;
    if (this.#is_greeting(first)) {
      this.#greet(emit);
      return undefined;
    }
    // DATA itself is never answered so: a reply whose command was not seen.
    if (first === DATA && code < 400) {
      emit({ ...reply.message(true, this.#options), interim: true });
      this.#end_reply();
      return undefined;
    }
    // The server's words may repeat what it did not understand, which may have been a login.
    const own_words =
      first === undefined ? code === GIVING_UP : first !== AUTH && first !== AUTH_SENT && first !== UNKNOWN;
    const message = reply.message(own_words, this.#options);
    if ((first === DATA_SENT || first === BDAT_LAST) && code < 400) message.response_result = reply.told(this.#options);
    reply.forget();
    if (this.#lmtp && this.#is_delivery(first) && !this.#deliver(message)) {
      pending.end();
      return undefined;
    }
    this.#answer(first, this.#worst ?? message, emit);
    if (code >= 300) return undefined;
    if (first === STARTTLS) return 'encrypted';
    return first === TURN || first === ATRN ? 'done' : undefined;
  }

  #answer(first: Command | undefined, message: Message, emit: Emit): void {
    const ok = message.response_status === STATUS.ok;
    this.#worst = undefined;
    if (first === RCPT && ok) this.#recipients++;
    else if (first === MAIL || first === RSET || first === DATA_SENT || first === BDAT_LAST) this.#recipients = 0;
    if (first === DATA_SENT && this.#message_id.value !== '') {
      message.attribute_names = [...(message.attribute_names ?? []), 'message_id'];
      message.attribute_values = [...(message.attribute_values ?? []), this.#message_id.value];
      this.#message_id.begin(false);
    }
    this.#end_mode(first);
    this.#pending.take();
    emit(message);
  }

  /** What was under way has ended with this reply, whether its end was seen or not. */
  #end_mode(first: Command | undefined): void {
    const ends = first === DATA_SENT ? 'message' : first === BDAT || first === BDAT_LAST ? 'chunk' : undefined;
    if (this.#mode === 'login') this.#mode = first === AUTH || first === AUTH_SENT ? 'command' : 'unsure';
    else if (this.#mode === 'message' && first === undefined) this.#mode = 'unsure';
    else if (this.#mode === ends && this.#pending.last === first) this.#mode = 'unsure';
  }

  /** What waits was answered in bytes that nobody saw, perhaps by "go on". */
  #lose_replies(): void {
    const { last } = this.#pending;
    if (this.#mode === 'command' && last === DATA) this.#mode = 'unsure';
    else if (this.#mode === 'login' || (this.#mode === 'command' && (last === AUTH || last === AUTH_SENT)))
      this.#mode = 'unsure';
    this.#pending.clear();
    this.#forget_reply();
  }

  #is_delivery(first: Command | undefined): boolean {
    return first === DATA_SENT || first === BDAT_LAST;
  }

  /** LMTP: one reply for each recipient (RFC 2033 section 4.2); true when it was the last. The worst is kept. */
  #deliver(message: Message): boolean {
    const worst = this.#worst;
    const length = (worst?.length ?? 0) + (message.length ?? 0);
    if (worst === undefined || (message.response_code ?? 0) > (worst.response_code ?? 0)) this.#worst = message;
    this.#worst!.length = length;
    if (++this.#delivered < this.#recipients) return false;
    this.#delivered = 0;
    return true;
  }

  #go_on(emit: Emit): void {
    const { code } = this.#reply;
    const pending = this.#pending;
    const is_login = code === GO_ON_LOGIN;
    // -1 when it went on before this reply was seen.
    const before = is_login ? pending.go_on(AUTH, AUTH_SENT) : pending.go_on(DATA, DATA_SENT);
    for (let n = 0; n < before; n++) this.#unknown(emit);
    if (is_login) this.#mode = pending.prompts ? 'login' : 'unsure';
    else if (before >= 0 || pending.first !== DATA_SENT) this.#begin_message();
    const message = new_message(MESSAGE_TYPE.response, STATUS.ok);
    message.interim = true;
    message.response_code = code;
    message.length = this.#reply.bytes;
    emit(message);
    this.#end_reply();
  }

  /** 220 also answers STARTTLS, XCLIENT and ATRN; a server may refuse to serve by its greeting. */
  #is_greeting(first: Command | undefined): boolean {
    if (this.#reply.code === GREETING)
      return !(first === STARTTLS || first === XCLIENT || first === TURN || first === ATRN);
    return first === undefined && !this.#greeted && this.#reply.code >= 400;
  }

  #greet(emit: Emit): void {
    this.#greeted = true;
    const message = this.#reply.message(true, this.#options);
    message.type = MESSAGE_TYPE.session;
    message.one_way = true;
    message.request_type = 'greeting';
    message.endpoint = 'greeting';
    if (message.response_status === STATUS.ok && this.#reply.text !== '')
      message.response_result = this.#reply.told(this.#options);
    this.#end_reply();
    emit(message);
  }

  #tell_unseen(stream: Stream, emit: Emit): void {
    const { seen } = this.#replies;
    const cut = seen > 0 || this.#reply.inside;
    if (cut && !begins_reply(stream, stream.pos + seen)) {
      // The rest of it comes after all: the last of them is answered.
      this.#pending.unseen--;
    } else {
      // What was read of a reply belongs to one of them.
      if (this.#reply.inside) this.#forget_reply();
      this.#replies.skip(stream);
      this.#pending.end();
    }
    for (let n = this.#pending.unseen; n > 0; n--) this.#unknown(emit);
    this.#pending.unseen = 0;
  }

  #unknown(emit: Emit): void {
    const message = this.#worst ?? unseen_response();
    this.#worst = undefined;
    this.#delivered = 0;
    this.#pending.skip();
    emit(message);
  }

  #end_reply(): void {
    this.#reply.forget();
    this.#pending.end();
  }

  #forget_reply(): void {
    this.#end_reply();
    this.#worst = undefined;
    this.#delivered = 0;
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** Whether a reply's first line begins at `at`. */
function begins_reply({ bytes, end }: Stream, at: number): boolean {
  const delimiter = at + 3 < end ? bytes[at + 3]! : LF;
  return code_at(bytes, at, Math.min(end, at + (delimiter === CR || delimiter === LF ? 3 : 4))) !== 0;
}

/** A handshake, though the reply that agreed to it was not seen. */
function is_tls({ bytes, pos, end }: Stream): boolean {
  return bytes[pos] === TLS_HANDSHAKE && looks_like_tls(bytes, pos, end) === 2;
}

export const protocol: Protocol = { card, infer, open: (options) => new SmtpParser(options) };
