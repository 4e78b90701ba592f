// What the server sends, matched with what is due. Its messages tell themselves what they answer, so an answer whose request
// was not seen is told too.
import { latin1 } from '../bytes.ts';
import { type Emit, type Message, MESSAGE_TYPE, new_message, STATUS } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { read_error } from './error.ts';
import { code, type MessageReader } from './messages.ts';
import type { Due } from './request.ts';

const PARSE_COMPLETE = code('1');
const BIND_COMPLETE = code('2');
const CLOSE_COMPLETE = code('3');
const DESCRIPTION = code('T');
const NO_DATA = code('n');
const PARAMETERS = code('t');
const ROW = code('D');
const COMPLETE = code('C');
const EMPTY = code('I');
const SUSPENDED = code('s');
const ERROR = code('E');
const READY = code('Z');
const CALLED = code('V');
const COPY_BOTH = code('W');
/** Belong to no command: notifications, notices, settings, and the connection's beginning. */
const APART = new Set(['A', 'N', 'S', 'K', 'R', 'v'].map(code));

/** Which answers begin with which message. */
const FIRST: ReadonlyMap<number, readonly Due['kind'][]> = new Map([
  [PARSE_COMPLETE, ['parse']],
  [BIND_COMPLETE, ['bind']],
  [CLOSE_COMPLETE, ['close']],
  [PARAMETERS, ['describe']],
  [NO_DATA, ['describe']],
  [DESCRIPTION, ['describe', 'query']],
  [ROW, ['execute', 'query']],
  [COMPLETE, ['execute', 'query']],
  [EMPTY, ['execute', 'query']],
  [SUSPENDED, ['execute']],
  [CALLED, ['function']],
]);

const TAG_BYTES_MAX = 64;
const ERROR_BYTES_MAX = 2048;

export class ResponseReader {
  readonly #due: Due[];
  /** Of the answer being read; undefined before its first message. */
  #message: Message | undefined;
  #rows = 0;
  /** Groups answered. */
  groups = 0;
  /** Set when taking turns tells that answers were never seen: what is due before the last group has ended. */
  behind = false;

  constructor(due: Due[]) {
    this.#due = due;
  }

  readonly wanted = (type: number): number =>
    type === COMPLETE ? TAG_BYTES_MAX : type === ERROR ? ERROR_BYTES_MAX : 0;

  get begun(): boolean {
    return this.#message !== undefined;
  }

  message(reader: MessageReader, stream: Stream, emit: Emit): void {
    const { type } = reader;
    if (APART.has(type)) return;
    if (type === READY) {
      this.#ready(emit);
      return;
    }
    if (this.#message === undefined) {
      if (this.behind) this.level(emit);
      this.behind = false;
      this.#align(type, emit);
    }
    const message = this.#begin(reader, stream);
    const head = this.#due[0];
    switch (type) {
      case PARSE_COMPLETE:
        this.#step('parse', emit);
        return;
      case BIND_COMPLETE:
        this.#step('bind', emit);
        return;
      case CLOSE_COMPLETE:
        this.#step('close', emit);
        return;
      case DESCRIPTION:
      case NO_DATA:
        if (head?.kind === 'describe') this.#due.shift();
        else message.response_status = STATUS.ok;
        return;
      case PARAMETERS:
        return;
      case ROW:
        this.#rows++;
        message.response_status = STATUS.ok;
        return;
      case COMPLETE:
        add_count(message, affected(stream.bytes, reader.start, reader.stop));
        message.response_status = STATUS.ok;
        this.#ends(head, emit);
        return;
      case EMPTY:
        message.response_status = STATUS.ok;
        this.#ends(head, emit);
        return;
      case SUSPENDED:
        add_count(message, this.#rows);
        message.response_status = STATUS.ok;
        this.#ends(head, emit);
        return;
      case ERROR:
        this.#error(reader, stream.bytes, message, emit);
        return;
      case CALLED:
        message.response_status = STATUS.ok;
        return;
      case COPY_BOTH:
        // Replication goes on until the connection ends.
        message.response_status = STATUS.ok;
        if (head?.row) this.#tell(head, emit);
    }
  }

  /** An answer's first message tells what it answers; what is due before that was answered in bytes that were not seen. */
  #align(type: number, emit: Emit): void {
    const kinds = FIRST.get(type);
    if (kinds === undefined || this.#due.length === 0 || kinds.includes(this.#due[0]!.kind)) return;
    const at = this.#due.findIndex((due) => kinds.includes(due.kind));
    if (at > 0) this.#drop(at, emit);
  }

  /** Bytes were lost: what was due before the client's last request has ended. */
  level(emit: Emit): void {
    let at = this.#due.length - 1;
    while (at > 0 && !is_last(this.#due[at - 1]!)) at--;
    if (at > 0) this.#drop(at, emit);
  }

  #drop(count: number, emit: Emit): void {
    for (const due of this.#due.splice(0, count)) if (due.row) this.#tell(due, emit);
    this.#message = undefined;
  }

  #begin(reader: MessageReader, stream: Stream): Message {
    if (this.#message === undefined) {
      stream.mark();
      this.#rows = 0;
      this.#message = new_message(MESSAGE_TYPE.response, STATUS.unknown);
      this.#message.length = 0;
    }
    this.#message.length! += reader.size;
    return this.#message;
  }

  #tell(due: Due | undefined, emit: Emit): void {
    const message = this.#message ?? new_message(MESSAGE_TYPE.response, STATUS.unknown);
    this.#message = undefined;
    if (due !== undefined) {
      if (due.told) return;
      due.told = true;
    }
    emit(message);
  }

  /** ParseComplete and its like: a step towards a row's answer, or the answer of a Parse that stands alone. */
  #step(kind: Due['kind'], emit: Emit): void {
    const head = this.#due[0];
    if (head === undefined) {
      this.#message = undefined;
      return;
    }
    if (head.kind !== kind) return;
    this.#due.shift();
    if (kind === 'close') this.#message = undefined;
    if (head.row) {
      this.#message!.response_status = STATUS.ok;
      this.#tell(head, emit);
    } else head.told = true;
  }

  /** The end of one statement's result: of an Execute its row's end; a Query goes on until ReadyForQuery. */
  #ends(head: Due | undefined, emit: Emit): void {
    if (head?.kind === 'query') return;
    if (head?.kind === 'execute') this.#due.shift();
    // With something else due, the answer is not where it should be: told, but nothing is taken from the queue.
    this.#tell(head?.kind === 'execute' ? head : undefined, emit);
  }

  /** After an error the server skips everything up to the next Sync. */
  #error(reader: MessageReader, bytes: Uint8Array, message: Message, emit: Emit): void {
    read_error(bytes, reader.start, reader.stop, message);
    const head = this.#due[0];
    if (head?.kind === 'query' || head?.kind === 'function') return;
    for (const due of this.#due) {
      if (due.kind === 'sync' || due.kind === 'query' || due.kind === 'function') break;
      if (!due.row || due.told) continue;
      this.#tell(due, emit);
      return;
    }
    if (this.#due.some((due) => due.row && !due.told)) this.#message = undefined;
    else this.#tell(undefined, emit);
  }

  /** ReadyForQuery closes a Query, or everything up to a Sync: what of it had no answer was skipped. */
  #ready(emit: Emit): void {
    this.groups++;
    for (;;) {
      const due = this.#due.shift();
      if (due === undefined) break;
      const last = is_last(due);
      if (due.row) {
        if (due.kind !== 'query' && due.kind !== 'function') this.#message = undefined;
        this.#tell(due, emit);
      }
      if (last) break;
    }
    this.#message = undefined;
  }

  /** The next message's place is unknown: what was seen of this answer is told, those behind it are unknown. */
  lose(emit: Emit): void {
    if (this.#message !== undefined) delete this.#message.length;
    let current = this.#message !== undefined;
    for (const due of this.#due) {
      if (!due.row || due.told) continue;
      if (!current) this.#message = undefined;
      current = false;
      this.#tell(due, emit);
    }
    this.#message = undefined;
    this.#due.length = 0;
  }
}

/** Answered by ReadyForQuery. */
function is_last(due: Due): boolean {
  return due.kind === 'sync' || due.kind === 'query' || due.kind === 'function';
}

function add_count(message: Message, count: number): void {
  if (count >= 0) message.sql_affected_rows = (message.sql_affected_rows ?? 0) + count;
}

/** The number that a tag ends in ("SELECT 5", "INSERT 0 3"); -1 without one. */
function affected(bytes: Uint8Array, start: number, stop: number): number {
  const found = / (\d{1,15})$/.exec(latin1(bytes, start, Math.min(stop, start + TAG_BYTES_MAX)).replace(/\0.*$/s, ''));
  return found === null ? -1 : Number(found[1]);
}
