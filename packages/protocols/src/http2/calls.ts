// The streams of one connection that are not finished, bounded.
import type { BodyReader } from '../http/body-reader.ts';
import type { BodyWatch } from '../http/watch.ts';
import type { Message } from '../protocol.ts';
import type { Kind } from './messages.ts';

export interface Call {
  readonly id: number;
  kind: Kind;
  /** The request's header block was seen. */
  asked: boolean;
  /** The final response's header block was seen. */
  answered: boolean;
  /** The response, until its status is known. */
  held: Message | undefined;
  /** Bytes of the server's frames of this stream. */
  bytes: number;
  /** What is to be learnt of the bodies, and the reader of the response's. */
  watch: BodyWatch | undefined;
  answers: BodyReader | undefined;
}

/** Far above what servers allow at a time (SETTINGS_MAX_CONCURRENT_STREAMS is 100 to 250 with most). */
const CALLS_MAX = 4096;
const RESETS_MAX = 64;

export class Calls {
  private readonly open = new Map<number, Call>();
  private readonly resets: number[] = [];

  get(id: number): Call | undefined {
    return this.open.get(id);
  }

  /** The oldest makes room; it is returned. */
  add(call: Call): Call | undefined {
    let evicted: Call | undefined;
    if (this.open.size >= CALLS_MAX) {
      for (const oldest of this.open.values()) {
        evicted = oldest;
        this.open.delete(oldest.id);
        break;
      }
    }
    this.open.set(call.id, call);
    return evicted;
  }

  delete(id: number): void {
    this.open.delete(id);
  }

  /** The stream was reset: what the other side had sent by then still comes, and means nothing. */
  note_reset(id: number): void {
    this.open.delete(id);
    if (this.resets.push(id) > RESETS_MAX) this.resets.shift();
  }

  was_reset(id: number): boolean {
    return this.resets.length > 0 && this.resets.includes(id);
  }

  /** A new stream has the number. */
  forget_reset(id: number): void {
    const at = this.resets.indexOf(id);
    if (at >= 0) this.resets.splice(at, 1);
  }

  /** All of them, oldest first; afterwards there are none. */
  take_all(): Call[] {
    const all = [...this.open.values()];
    this.open.clear();
    return all;
  }
}

export function new_call(id: number, kind: Kind): Call {
  return {
    id,
    kind,
    asked: false,
    answered: false,
    held: undefined,
    bytes: 0,
    watch: undefined,
    answers: undefined,
  };
}
