// What the server sends, matched with what is due. Its messages tell themselves what they answer, so an answer whose request
// was not seen is told too.
import { latin1 } from '../bytes.ts';
import { type Emit, forget, type Message, MESSAGE_TYPE, new_message, STATUS, unseen_response } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { read_error } from './error.ts';
import { code, type MessageReader } from './messages.ts';
import { type Due, type Dues, ends_group } from './due.ts';

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
  readonly #due: Dues;
  /** Of the answer being read; undefined before its first message. */
  #message: Message | undefined;
  #rows = 0;
  /** The group being answered has failed: nothing but its ReadyForQuery is due. */
  #failed = false;

  constructor(due: Dues) {
    this.#due = due;
  }

  readonly wanted = (type: number): number =>
    type === COMPLETE ? TAG_BYTES_MAX : type === ERROR ? ERROR_BYTES_MAX : 0;

  message(reader: MessageReader, stream: Stream, emit: Emit): void {
    const { type } = reader;
    if (APART.has(type)) return;
    if (type === READY) {
      this.#ready(emit);
      return;
    }
    if (this.#failed) this.#end_group(emit);
    if (this.#message === undefined) this.#align(type, emit);
    const message = this.#begin(reader, stream);
    const head = this.#due.list[0];
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
    const { list } = this.#due;
    if (kinds === undefined || list.length === 0 || kinds.includes(list[0]!.kind)) return;
    const at = list.findIndex((due) => kinds.includes(due.kind));
    if (at > 0) this.#drop(at, emit);
  }

  /** The first group has ended, though its ReadyForQuery was not seen. */
  #end_group(emit: Emit): void {
    this.#failed = false;
    const last = this.#due.list.findIndex(({ kind }) => ends_group(kind));
    if (last >= 0) this.#drop(last + 1, emit);
  }

  /** What was due before the client's last group has ended. */
  level(emit: Emit): void {
    const { list } = this.#due;
    let at = list.length - 1;
    while (at > 0 && !ends_group(list[at - 1]!.kind)) at--;
    if (at > 0) this.#drop(at, emit);
  }

  /** An answer to something that was not asked, as far as was seen, has ended. */
  end_stray(): void {
    if (this.#due.list.length === 0) this.#message = undefined;
  }

  #drop(count: number, emit: Emit): void {
    this.#failed = false;
    for (const due of this.#due.take(count)) {
      if (due.row) this.#tell(due, emit);
      else due.told = true;
      // What has begun belongs to the first group.
      if (ends_group(due.kind)) this.#message = undefined;
    }
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
    const message = this.#message ?? unseen_response();
    this.#message = undefined;
    if (due !== undefined) {
      if (due.told) return;
      due.told = true;
    }
    emit(message);
  }

  /** ParseComplete and its like: a step towards a row's answer, or the answer of a Parse that stands alone. */
  #step(kind: Due['kind'], emit: Emit): void {
    const head = this.#due.list[0];
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
    } else {
      head.told = true;
      head.held = true;
    }
  }

  /** The end of one statement's result: of an Execute its row's end; a Query goes on until ReadyForQuery. */
  #ends(head: Due | undefined, emit: Emit): void {
    if (head?.kind === 'query') return;
    if (head?.kind === 'execute') this.#due.shift();
    const due = head?.kind === 'execute' ? head : this.#next_row();
    if (due !== undefined || this.#due.list.length === 0) this.#tell(due, emit);
    else this.#message = undefined;
  }

  /** The first row without answer in the group that is being answered. */
  #next_row(): Due | undefined {
    for (const due of this.#due.list) {
      if (due.row && !due.told) return due;
      if (ends_group(due.kind)) return undefined;
    }
    return undefined;
  }

  /** After an error the server skips everything up to the next Sync. */
  #error(reader: MessageReader, bytes: Uint8Array, message: Message, emit: Emit): void {
    read_error(bytes, reader.start, reader.stop, message);
    const head = this.#due.list[0];
    this.#failed = head !== undefined;
    if (head?.kind === 'query' || head?.kind === 'function') return;
    const due = this.#next_row();
    if (due !== undefined) this.#tell(due, emit);
    else if (this.#due.list.some((due) => due.row && !due.told)) this.#message = undefined;
    else this.#tell(undefined, emit);
  }

  /** ReadyForQuery closes a Query, or everything up to a Sync: what of it had no answer was skipped. */
  #ready(emit: Emit): void {
    this.#failed = false;
    for (;;) {
      const due = this.#due.shift();
      if (due === undefined) break;
      const last = ends_group(due.kind);
      if (due.row) {
        if (due.kind !== 'query' && due.kind !== 'function') this.#message = undefined;
        this.#tell(due, emit);
      } else due.told = true;
      if (last) break;
    }
    this.#message = undefined;
  }

  /** What was seen of the answer under way is told; who else waits is given up. */
  give_up(emit: Emit | undefined): void {
    this.#failed = false;
    const due = this.#due.list.find(({ row, told }) => row && !told);
    if (this.#message !== undefined && due !== undefined && emit !== undefined) {
      forget(this.#message, 'length');
      this.#tell(due, emit);
    }
    this.#message = undefined;
    for (const given_up of this.#due.take(this.#due.list.length)) given_up.told = true;
  }
}

function add_count(message: Message, count: number): void {
  if (count >= 0) message.sql_affected_rows = (message.sql_affected_rows ?? 0) + count;
}

/** The number that a tag ends in ("SELECT 5", "INSERT 0 3"); -1 without one. */
function affected(bytes: Uint8Array, start: number, stop: number): number {
  const found = / (\d{1,15})$/.exec(latin1(bytes, start, Math.min(stop, start + TAG_BYTES_MAX)).replace(/\0.*$/s, ''));
  return found === null ? -1 : Number(found[1]);
}
