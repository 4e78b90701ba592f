// Blocks of columns that are not packed: walked value by value as they come, without being kept (documentation, "Block and
// column structure"). What remains to be walked stands on a stack, so that a block may end anywhere and go on later.
import { intern, u8, u64le } from '../bytes.ts';
import type { Stream } from '../stream.ts';
import { ClickhouseCursor, pass } from './cursor.ts';
import { SINCE } from './messages.ts';
import { type Type, type_of } from './types.ts';

/** Of one call: a cursor of a connection would keep the bytes of its last event. */
const scratch = new ClickhouseCursor();

export type Walked = 'done' | 'more' | 'lost' | 'damaged';

const NAME_BYTES_MAX = 4096;
/** Types of enumerations name every value. */
const TYPE_BYTES_MAX = 262_144;
const COLUMNS_MAX = 100_000;
const ROWS_MAX = 1_000_000_000_000;
const TODO_MAX = 4096;
/** Of a number: set in the last one of a sparse column's gaps (bit 62). */
const LAST_GAP_BYTE = 9;
const LAST_GAP_BIT = 0x40;
const KIND = { plain: 0, sparse: 1, detached: 2, detached_sparse: 3, replicated: 4 } as const;
const NO_TYPES: readonly Type[] = [];

type Job =
  | 'info'
  | 'sizes'
  | 'column'
  | 'texts'
  | 'sized_texts'
  | 'offsets'
  | 'dictionary'
  | 'indexes'
  | 'gaps'
  | 'replicas'
  | 'elements'
  | 'blob'
  | 'variant_mode'
  | 'variants'
  | 'json_mode'
  | 'skip'
  | 'data';

interface Todo {
  job: Job;
  /** Of values, rows, bytes or columns. */
  count: number;
  inner: readonly Type[];
  kinds?: Kinds;
}

/** How a column, and each element of a tuple, is written. */
interface Kinds {
  kind: number;
  inner: Kinds[];
}

export class BlockWalker {
  rows = 0;
  columns = 0;
  /** Walked so far. */
  length = 0;
  readonly #todo: Todo[] = [];
  #rest = 0;
  #revision = 0;
  /** Of the variant being counted. */
  #counts: number[] = [];

  begin(revision: number): void {
    this.#todo.length = 0;
    this.#rest = 0;
    this.length = 0;
    this.#revision = revision;
    this.rows = 0;
    this.columns = 0;
    this.#push('info', 0);
  }

  run(stream: Stream): Walked {
    for (;;) {
      if (this.#rest > 0) {
        const before = this.#rest;
        this.#rest = pass(stream, before);
        this.length += before - this.#rest;
        if (this.#rest > 0) return 'more';
      }
      const todo = this.#todo.pop();
      if (todo === undefined) return 'done';
      if (this.#todo.length > TODO_MAX) return 'damaged';
      const walked = this.#walk(todo, stream);
      if (walked === 'more') {
        this.#todo.push(todo);
        return stream.hole > 0 ? 'lost' : 'more';
      }
      if (walked !== 'done') return walked;
    }
  }

  #push(job: Job, count: number, inner: readonly Type[] = NO_TYPES): void {
    this.#todo.push({ job, count, inner });
  }

  #walk(todo: Todo, stream: Stream): Walked {
    const { count, inner } = todo;
    switch (todo.job) {
      case 'info':
        return this.#info(stream);
      case 'sizes':
        return this.#sizes(stream);
      case 'column':
        return this.#column(todo, stream);
      case 'texts':
        return this.#texts(todo, stream);
      case 'skip':
        this.#rest = count;
        return 'done';
      case 'data':
        return this.#data(inner[0]!, count, todo.kinds) ? 'done' : 'lost';
      case 'sized_texts':
        return this.#long(stream, (bytes) => this.#push('skip', bytes));
      case 'offsets':
        return this.#long(stream, (values) => this.#push_data(inner[0]!, values));
      case 'dictionary':
        return this.#dictionary(todo, stream);
      case 'indexes':
        return this.#long(stream, (values) => this.#push('skip', values * count));
      case 'variant_mode':
        return this.#long(stream, undefined, 0);
      case 'json_mode':
        // 1: as texts. The others are not documented, or hold types that are known only from their content.
        return this.#long(stream, undefined, 1);
      case 'variants':
        return this.#variants(todo, stream);
      default:
        return this.#custom(todo, stream);
    }
  }

  /** Field numbers and their values, ended by 0. */
  #info(stream: Stream): Walked {
    const cursor = this.#at(stream);
    for (;;) {
      const field = cursor.number();
      if (field === 1) cursor.flag();
      else if (field === 2) cursor.take(4);
      else if (field === 3) {
        const count = cursor.number();
        if (count > COLUMNS_MAX) return 'damaged';
        cursor.take(4 * count);
      } else if (field !== 0 && cursor.ok) return 'damaged';
      if (!cursor.ok) return cursor.bad ? 'damaged' : 'more';
      if (field === 0) break;
    }
    this.#push('sizes', 0);
    return this.#took(stream);
  }

  #sizes(stream: Stream): Walked {
    const cursor = this.#at(stream);
    this.columns = cursor.number();
    this.rows = cursor.number();
    if (cursor.short) return 'more';
    if (cursor.bad || this.columns > COLUMNS_MAX || this.rows > ROWS_MAX) return 'damaged';
    if (this.columns > 0) this.#push('column', this.columns);
    return this.#took(stream);
  }

  #column(todo: Todo, stream: Stream): Walked {
    const cursor = this.#at(stream);
    cursor.text(NAME_BYTES_MAX);
    cursor.text(TYPE_BYTES_MAX);
    const { bytes, text_start, text_stop } = cursor;
    if (cursor.bad) return 'damaged';
    if (cursor.short) return 'more';
    const type = type_of(intern(bytes, text_start, text_stop, TYPE_BYTES_MAX));
    let kinds: Kinds | undefined;
    if (this.#revision >= SINCE.custom_serialization && cursor.flag()) {
      kinds = read_kinds(cursor, type);
      if (kinds === undefined) return cursor.short ? 'more' : 'lost';
    }
    if (!cursor.ok) return cursor.bad ? 'damaged' : 'more';
    if (todo.count > 1) this.#push('column', todo.count - 1);
    if (this.rows > 0) {
      this.#todo.push({ job: 'data', count: this.rows, inner: [type], ...(kinds === undefined ? {} : { kinds }) });
      this.#prefixes(type);
    }
    return this.#took(stream);
  }

  /** State in front of a column's data: all of it comes first, from outside inwards. */
  #prefixes(type: Type): void {
    for (let i = type.inner.length - 1; i >= 0; i--) this.#prefixes(type.inner[i]!);
    if (type.kind === 'dictionary') this.#push('skip', 8);
    else if (type.kind === 'variant') this.#push('variant_mode', 0);
    else if (type.kind === 'json') this.#push('json_mode', 0);
  }

  #push_data(type: Type, count: number): void {
    if (count > 0) this.#push('data', count, [type]);
  }

  /** Puts what a type consists of on the stack, the first on top; false when it cannot be walked. */
  #data(type: Type, count: number, kinds?: Kinds): boolean {
    if (kinds !== undefined && kinds.kind !== KIND.plain) {
      const job = kinds.kind === KIND.sparse ? 'gaps' : kinds.kind === KIND.replicated ? 'replicas' : 'blob';
      // Of a sparse column that may be null only the values that are not are written.
      const inner = job === 'gaps' && type.kind === 'nullable' ? type.inner[0]! : type;
      this.#push(job, 0, [inner]);
      return true;
    }
    switch (type.kind) {
      case 'fixed':
        this.#rest = type.size * count;
        return true;
      case 'text':
      case 'json':
        if (this.#revision < SINCE.sized_strings) this.#push('texts', count);
        else {
          this.#push('sized_texts', 0);
          this.#rest = 8 * (count - 1);
        }
        return true;
      case 'nullable':
        this.#push_data(type.inner[0]!, count);
        this.#rest = count;
        return true;
      case 'array':
        this.#push('offsets', 0, type.inner);
        this.#rest = 8 * (count - 1);
        return true;
      case 'tuple':
        for (let i = type.inner.length - 1; i >= 0; i--) {
          const one = kinds?.inner[i];
          this.#todo.push({
            job: 'data',
            count,
            inner: [type.inner[i]!],
            ...(one === undefined ? {} : { kinds: one }),
          });
        }
        return true;
      case 'dictionary':
        this.#push('dictionary', 0, type.inner);
        return true;
      case 'variant':
        this.#counts = type.inner.map(() => 0);
        this.#push('variants', count, type.inner);
        return true;
      default:
        return false;
    }
  }

  /** A length and as many bytes, `count` times. */
  #texts(todo: Todo, stream: Stream): Walked {
    const { bytes, end } = stream;
    let at = stream.pos;
    let { count } = todo;
    while (count > 0) {
      let length = 0;
      let scale = 1;
      let from = at;
      for (;;) {
        if (from >= end) {
          todo.count = count;
          this.#advance(stream, at - stream.pos);
          return 'more';
        }
        const byte = u8(bytes, from++);
        length += (byte & 0x7f) * scale;
        if (byte < 0x80) break;
        scale *= 128;
        if (scale > 2 ** 49) return 'damaged';
      }
      count--;
      at = from + length;
      if (at > end) break;
    }
    if (count > 0) this.#push('texts', count);
    const reach = Math.min(at, end);
    this.#advance(stream, reach - stream.pos);
    this.#rest = at - reach;
    return 'done';
  }

  /** Index type and flags, number of entries, the entries; behind them the indexes. */
  #dictionary(todo: Todo, stream: Stream): Walked {
    if (stream.end - stream.pos < 16) return 'more';
    const width = 1 << (u8(stream.bytes, stream.pos) & 3);
    const entries = u64le(stream.bytes, stream.pos + 8);
    if (u8(stream.bytes, stream.pos) > 3 || entries > ROWS_MAX) return 'damaged';
    this.#push('indexes', width);
    this.#push_data(todo.inner[0]!, entries);
    this.#advance(stream, 16);
    return 'done';
  }

  /** For every row the number of its type, then the values of each type. */
  #variants(todo: Todo, stream: Stream): Walked {
    const { bytes, pos, end } = stream;
    const reach = Math.min(end, pos + todo.count);
    for (let at = pos; at < reach; at++) {
      const type = u8(bytes, at);
      if (type < this.#counts.length) this.#counts[type]!++;
      else if (type !== 255) return 'damaged';
    }
    todo.count -= reach - pos;
    this.#advance(stream, reach - pos);
    if (todo.count > 0) return 'more';
    for (let i = todo.inner.length - 1; i >= 0; i--) this.#push_data(todo.inner[i]!, this.#counts[i]!);
    return 'done';
  }

  /** Columns that are written in another way than their type's. */
  #custom(todo: Todo, stream: Stream): Walked {
    const cursor = this.#at(stream);
    switch (todo.job) {
      case 'gaps': {
        for (;;) {
          const from = cursor.at;
          cursor.number();
          if (!cursor.ok) break;
          if (cursor.at - from === LAST_GAP_BYTE && (u8(cursor.bytes, cursor.at - 1) & LAST_GAP_BIT) !== 0) {
            this.#push_data(todo.inner[0]!, todo.count);
            return this.#took(stream);
          }
          todo.count++;
          this.#advance(stream, cursor.at - from);
        }
        return cursor.bad ? 'damaged' : 'more';
      }
      case 'replicas': {
        const rows = cursor.number();
        const width = cursor.u8();
        if (!cursor.ok) return cursor.bad ? 'damaged' : 'more';
        this.#push('elements', 0, todo.inner);
        this.#push('skip', rows * width);
        return rows > ROWS_MAX || width > 8 ? 'damaged' : this.#took(stream);
      }
      case 'elements': {
        const values = cursor.number();
        if (!cursor.ok) return cursor.bad ? 'damaged' : 'more';
        this.#push_data(todo.inner[0]!, values);
        return this.#took(stream);
      }
      default: {
        const length = cursor.number();
        if (!cursor.ok) return cursor.bad ? 'damaged' : 'more';
        this.#push('skip', length);
        return this.#took(stream);
      }
    }
  }

  /** Eight bytes; with `wanted`, no other value can be walked. */
  #long(stream: Stream, use?: (value: number) => void, wanted?: number): Walked {
    if (stream.end - stream.pos < 8) return 'more';
    const value = u64le(stream.bytes, stream.pos);
    if (wanted !== undefined && value !== wanted) return 'lost';
    if (value > ROWS_MAX) return 'damaged';
    this.#advance(stream, 8);
    use?.(value);
    return 'done';
  }

  #at(stream: Stream): ClickhouseCursor {
    scratch.set(stream.bytes, stream.pos, stream.end);
    return scratch;
  }

  #took(stream: Stream): 'done' {
    this.#advance(stream, scratch.at - stream.pos);
    return 'done';
  }

  #advance(stream: Stream, count: number): void {
    stream.advance(count);
    this.length += count;
  }
}

/** Undefined when they are not wholly there, or of a combination that is not walked. */
function read_kinds(cursor: ClickhouseCursor, type: Type): Kinds | undefined {
  const kind = cursor.u8();
  if (cursor.short || kind > KIND.replicated) return undefined;
  const inner: Kinds[] = [];
  if (type.kind === 'tuple') {
    for (const element of type.inner) {
      const one = read_kinds(cursor, element);
      if (one === undefined) return undefined;
      inner.push(one);
    }
  }
  return { kind, inner };
}
