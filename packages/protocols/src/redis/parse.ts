// One Redis connection: commands, replies, and the modes in which a command has no reply or a reply no command.
import { utf8 } from '../bytes.ts';
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
  new_message,
  unseen_response,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { redact_command, redact_error } from './redact.ts';
import { ReplyReader } from './reply.ts';
import { CommandReader } from './request.ts';

const MINUS = 45;
const BANG = 33;
const STAR = 42;
const PUSH = 62;

/** Commands whose only answer are confirmations, one a channel, each with the command's own name in front. */
const CONFIRMED = new Set(['subscribe', 'unsubscribe', 'psubscribe', 'punsubscribe', 'ssubscribe', 'sunsubscribe']);
const PUBLISHED = new Set(['message', 'pmessage', 'smessage']);
/** Line of MONITOR: seconds, a point, microseconds, then database and address in brackets. */
const MONITOR_LINE = /^\d+\.\d{6} \[/;
const EXPECTED_MAX = 1024;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;

/** A command whose answer is not an ordinary reply, by the number of the reply that it waits for. */
interface Expected {
  at: number;
  kind: 'confirmed' | 'monitor' | 'replication';
}

export class RedisParser implements Parser {
  readonly #options: ParseOptions;
  readonly #commands: CommandReader;
  readonly #replies: ReplyReader;
  /** Commands that get a reply, and replies, since both were last known to agree. */
  #asked = 0;
  #answered = 0;
  /** `#asked` when the server last sent something. */
  #asked_before = 0;
  /** Bytes of a line that has not ended; whether somebody waited for it. */
  #unread = 0;
  #unread_due = false;
  /** While a reply in pieces is under way: whether somebody waits for it, and how often a whole one followed a new command. */
  #inside_due = false;
  #turns_inside = 0;
  readonly #expected: Expected[] = [];
  #subscribed = false;
  #monitor = false;
  #replicating = false;
  /** Set by CLIENT REPLY: 'skip_one' for the command after SKIP. */
  #reply_mode: 'on' | 'off' | 'skip_one' = 'on';
  #good = 0;
  #damaged = 0;
  /** The reply being passed over was the only one waited for. */
  #alone = false;
  /** Replies passed by in bytes that were not seen: until the next command what comes is no answer to be counted. */
  #adrift = false;
  #requests_lost = false;
  /** Takes what the server's side tells. */
  #tell: Emit | undefined;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#commands = new CommandReader(options.string_bytes_max);
    this.#replies = new ReplyReader(options.string_bytes_max);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return direction === TO_SERVER ? this.#to_server(stream, emit) : this.#to_client(stream, emit);
  }

  lost(direction: Direction): void {
    if (direction === TO_SERVER) {
      this.#requests_lost = true;
    } else {
      this.#give_up();
      this.#unread = 0;
    }
  }

  /** What was seen of the current reply is told; who else waits is given up. */
  #give_up(): void {
    if (!this.#adrift && this.#asked !== this.#answered) {
      const { begun, kind } = this.#replies;
      if (begun && kind !== PUSH && this.#tell !== undefined) this.#tell(this.#response());
      this.#adrift = true;
    }
    this.#level();
  }

  #to_server(stream: Stream, emit: Emit): ParseState {
    if (stream.resync) this.#commands.forget();
    for (;;) {
      const state = this.#commands.next(stream);
      if (state === 'command') this.#command(emit);
      else if (state === 'more') return 'more';
      else {
        // The rest of this command lies in bytes that were not captured: what was seen of it is certain.
        if (state === 'lost' && this.#commands.inside) this.#command(emit);
        this.#commands.forget();
        return state === 'damaged' ? this.#doubt() : 'lost';
      }
    }
  }

  #command(emit: Emit): void {
    this.#good++;
    this.#damaged = 0;
    const { words, bytes, inside } = this.#commands;
    const name = (words[0] ?? '').toLowerCase();
    const message = new_message(MESSAGE_TYPE.request);
    message.request_type = words[0] ?? '';
    message.request_resource = cut(redact_command(words, this.#options.redact), this.#options.string_bytes_max);
    if (!inside) message.length = bytes;
    if (this.#has_no_reply(name, words)) {
      message.type = MESSAGE_TYPE.session;
      message.one_way = true;
    } else {
      this.#expect(name);
      this.#asked++;
    }
    emit(message);
  }

  #has_no_reply(name: string, words: readonly string[]): boolean {
    // A replica acknowledges on the connection that PSYNC turned into a stream.
    if (this.#replicating) return true;
    if (name === 'client' && (words[1] ?? '').toLowerCase() === 'reply') {
      const mode = (words[2] ?? '').toLowerCase();
      if (mode === 'on') this.#reply_mode = 'on';
      else if (mode === 'off') this.#reply_mode = 'off';
      else if (mode === 'skip' && this.#reply_mode === 'on') {
        this.#reply_mode = 'skip_one';
        return true;
      }
      return this.#reply_mode !== 'on';
    }
    if (this.#reply_mode !== 'skip_one') return this.#reply_mode === 'off';
    this.#reply_mode = 'on';
    return true;
  }

  #expect(name: string): void {
    if (this.#requests_lost) this.#give_up();
    this.#requests_lost = false;
    if (this.#adrift) {
      this.#adrift = false;
      this.#level();
    }
    const kind = CONFIRMED.has(name)
      ? 'confirmed'
      : name === 'monitor'
        ? 'monitor'
        : name === 'psync' || name === 'sync'
          ? 'replication'
          : undefined;
    if (name === 'reset') {
      this.#subscribed = false;
      this.#monitor = false;
    }
    if (kind === undefined || this.#expected.length >= EXPECTED_MAX) return;
    if (kind === 'confirmed') this.#subscribed = true;
    this.#expected.push({ at: this.#asked, kind });
  }

  #to_client(stream: Stream, emit: Emit): ParseState {
    this.#tell = emit;
    if (stream.resync) this.#replies.forget();
    if (this.#has_ended(stream)) {
      stream.advance(this.#unread);
      this.#unknown(this.#asked - 1, emit);
    } else this.#begin_anew(stream, emit);
    this.#asked_before = this.#asked;
    const was_inside = this.#replies.inside;
    const state = this.#read_replies(stream, emit);
    this.#unread = state === 'more' ? stream.end - stream.pos : 0;
    this.#unread_due = this.#asked > this.#answered;
    if (!was_inside) this.#inside_due = this.#unread_due || this.#subscribed || this.#monitor;
    return state;
  }

  /** The client has asked on, and a whole reply comes where the rest of a line was due: that never came. */
  #begin_anew(stream: Stream, emit: Emit): void {
    const at = stream.pos + this.#unread;
    if (this.#unread === 0 || this.#replies.inside || this.#asked <= this.#asked_before) return;
    if (!new ReplyReader(0).holds(stream.bytes, at, stream.end)) return;
    stream.advance(this.#unread);
    if (this.#unread_due) this.#unknown(this.#answered + 1, emit);
  }

  #read_replies(stream: Stream, emit: Emit): ParseState {
    const replies = this.#replies;
    for (;;) {
      if (replies.rest > 0) {
        if (!this.#pass(stream, emit)) return 'more';
        continue;
      }
      if (this.#replicating) {
        stream.advance(stream.end - stream.pos + stream.hole);
        return 'more';
      }
      const state = replies.next(stream);
      if (state === 'reply') {
        this.#reply(emit);
        if (replies.rest === 0) replies.kind = 0;
        if (replies.rest > 0) replies.rest -= skip(stream, replies.rest);
        if (replies.rest > 0) return 'more';
      } else if (state === 'more') return 'more';
      else return state === 'damaged' ? this.#doubt() : 'lost';
    }
  }

  /**
   * The reply under way goes on no more: twice in turn, or once when nobody waited for it, the client asked on and a whole
   * reply came instead.
   */
  #has_ended(stream: Stream): boolean {
    if (!this.#replies.inside) {
      this.#turns_inside = 0;
      return false;
    }
    const at = stream.pos + this.#unread;
    if (at >= stream.end) return false;
    const turn = this.#asked > this.#asked_before && is_whole_reply(stream, at, Number.POSITIVE_INFINITY);
    this.#turns_inside = turn ? this.#turns_inside + 1 : 0;
    if (this.#turns_inside < (this.#inside_due ? 2 : 1)) return false;
    this.#turns_inside = 0;
    this.#replies.forget();
    return true;
  }

  /** Goes on through a long string that was already answered; true when it ended. */
  #pass(stream: Stream, emit: Emit): boolean {
    const replies = this.#replies;
    // A client that has asked for more has its answer: the length was damaged. (With pipelining it may just be early.)
    if (this.#alone && this.#asked > this.#answered && is_whole_reply(stream, stream.pos, replies.rest)) {
      replies.forget();
      return true;
    }
    const skipped = skip(stream, replies.rest);
    replies.rest -= skipped;
    // Every further piece is reported, as in DeepFlow, but never paired.
    if (skipped > 0) emit(further(skipped));
    if (replies.rest === 0) replies.kind = 0;
    return replies.rest === 0;
  }

  #reply(emit: Emit): void {
    this.#good++;
    this.#damaged = 0;
    const replies = this.#replies;
    const { kind, word } = replies;
    const head = this.#expected[0]?.at === this.#answered ? this.#expected[0] : undefined;
    if ((kind === PUSH || kind === STAR) && this.#out_of_band(kind, word, head, emit)) return;
    if (this.#monitor && kind === 43 && MONITOR_LINE.test(word)) return;
    if (this.#adrift) return;
    if (head !== undefined) this.#settle(head.kind, kind);
    if (this.#answered < this.#asked) this.#answered++;
    this.#alone = this.#answered === this.#asked;
    emit(this.#response());
  }

  /** Pushes and published messages answer no command; confirmations answer theirs once. */
  #out_of_band(kind: number, word: string, head: Expected | undefined, emit: Emit): boolean {
    if (CONFIRMED.has(word) && (this.#subscribed || kind === PUSH)) {
      this.#subscribed = true;
      if (head?.kind === 'confirmed') {
        this.#expected.shift();
        this.#answered++;
        emit(this.#response());
      } else emit(further(this.#replies.bytes));
      return true;
    }
    return kind === PUSH || (this.#subscribed && PUBLISHED.has(word));
  }

  #settle(expected: Expected['kind'], kind: number): void {
    this.#expected.shift();
    const failed = kind === MINUS || kind === BANG;
    if (expected === 'monitor' && !failed) this.#monitor = true;
    if (expected === 'replication' && !failed) this.#replicating = true;
  }

  #response(): Message {
    const { kind, bytes, error } = this.#replies;
    const message = new_message(MESSAGE_TYPE.response, STATUS.ok);
    if (!this.#replies.inside || this.#replies.rest > 0) message.length = bytes;
    if (kind !== MINUS && kind !== BANG) return message;
    message.response_status = STATUS.server_error;
    message.response_exception = redact_error(error, this.#options.redact);
    return message;
  }

  /** Replies up to number `count` were not seen. */
  #unknown(count: number, emit: Emit): void {
    for (; this.#answered < count; this.#answered++) {
      emit(unseen_response());
      if (this.#expected[0]?.at === this.#answered) this.#expected.shift();
    }
  }

  #level(): void {
    this.#asked_before = 0;
    this.#asked = 0;
    this.#answered = 0;
    this.#expected.length = 0;
    this.#replies.forget();
  }

  #doubt(): ParseState {
    this.#damaged++;
    // A connection that spoke Redis before has a damaged piece; one that never did is something else.
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** Whether what has come from `at` on is one short reply and no more, though `rest` bytes of another are due. */
function is_whole_reply(stream: Stream, at: number, rest: number): boolean {
  const { bytes, end } = stream;
  if (stream.hole > 0 || end - at >= rest || end - at < 4) return false;
  return bytes[end - 2] === 13 && bytes[end - 1] === 10 && new ReplyReader(0).holds(bytes, at, end);
}

/** Passes what has come of `count` bytes; returns how many that were. */
function skip(stream: Stream, count: number): number {
  let done = 0;
  while (done < count) {
    const step = Math.min(count - done, stream.end - stream.pos + stream.hole);
    if (step === 0) break;
    stream.advance(step);
    done += step;
  }
  return done;
}

const encoder = new TextEncoder();

/** Joining and '?' marks may make a text longer than its parts. */
function cut(text: string, bytes_max: number): string {
  if (text.length * 3 <= bytes_max) return text;
  const bytes = encoder.encode(text);
  return bytes.length <= bytes_max ? text : utf8(bytes, 0, bytes.length, bytes_max);
}

/** Bytes of the server that answer nothing further. */
function further(length: number): Message {
  const message = new_message(MESSAGE_TYPE.response);
  message.interim = true;
  message.length = length;
  return message;
}

export const protocol: Protocol = { card, infer, open: (options) => new RedisParser(options) };
