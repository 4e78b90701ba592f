// Commands that wait for their replies, which come in their order; and what tells that some were answered unseen: behind
// most commands a client waits, so when it speaks again after the server did, the answer has come.

/** What waiting depends on; one object a kind of command. */
export interface Asked {
  /** Others may follow without waiting for its reply. */
  readonly pipelined: boolean;
  /** It goes on while replies to earlier commands come. */
  readonly long?: boolean;
}

/** Further ones are not remembered, as when a client sends on for ever and nothing comes back. */
const PENDING_MAX = 8192;
/** Exchanges of one command and one reply, in a row, that leave the same commands unanswered: their answers never come. */
const TURNS_SURE = 2;
/**
 * A client waits for the replies to all commands of a group. One that sends a long group in several writes, or keeps a
 * window of commands open, may speak while some of them are to come, but then more than these.
 */
const LEFT_MAX = 3;

export class Pending<Command extends Asked> {
  /** Of the commands that wait: how many were answered unseen. */
  unseen = 0;
  readonly #windows: boolean;
  #queue: Command[] = [];
  #head = 0;
  #sent = 0;
  #replied = 0;
  #left = 0;
  #turns = 0;
  /** Of the reply at hand: whether it has begun, and how many waited then; it answers none that came since. */
  #begun = false;
  #waited = 0;
  #interrupted = false;

  /** `windows`: clients of this protocol may keep a number of commands open all the time. */
  constructor(windows = false) {
    this.#windows = windows;
  }

  get size(): number {
    return this.#queue.length - this.#head;
  }

  /** What the reply at hand answers. */
  get first(): Command | undefined {
    return this.#begun && this.#waited === 0 ? undefined : this.#queue[this.#head];
  }

  /** Whether the reply at hand says what the client is to do now: something waited for it, and waited on while it came. */
  get prompts(): boolean {
    return this.first !== undefined && !this.#interrupted;
  }

  get last(): Command | undefined {
    return this.size > 0 ? this.#queue[this.#queue.length - 1] : undefined;
  }

  add(command: Command): void {
    if (this.size >= PENDING_MAX) this.clear();
    this.#queue.push(command);
    this.#sent++;
  }

  /** Bytes of a reply are there. `asking`: a command that is not whole yet had begun before. */
  begin(asking: boolean): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#interrupted = false;
    this.#waited = this.size + (asking ? 1 : 0);
  }

  /** The reply at hand, if any, is over. */
  end(): void {
    this.#begun = false;
  }

  /** The reply at hand is whole; returns what it answers. */
  take(): Command | undefined {
    const { first } = this;
    this.end();
    if (first !== undefined) this.skip();
    return first;
  }

  /** The first was answered, seen or unseen. */
  skip(): void {
    if (this.size === 0) return;
    this.#replied++;
    if (this.#waited > 0) this.#waited--;
    if (this.unseen > 0) this.unseen--;
    if (++this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head >= 512) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** How many wait before the newest for which `is` holds, -1 when there is none. */
  before(is: (command: Command) => boolean): number {
    for (let at = this.#queue.length - 1; at >= this.#head; at--) if (is(this.#queue[at]!)) return at - this.#head;
    return -1;
  }

  /** The newest `command` goes on as `sent`; returns how many wait before it, -1 when there is no such command. */
  go_on(command: Command, sent: Command): number {
    const at = this.#queue.lastIndexOf(command);
    if (at < this.#head) return -1;
    this.#queue[at] = sent;
    return at - this.#head;
  }

  /** The client speaks again after the server did. */
  turn(): void {
    this.#interrupted = this.#begun;
    const { last, size: left } = this;
    const few = left <= LEFT_MAX && last?.long !== true;
    if (last?.pipelined === false || few) this.unseen = left;
    const steady = this.#sent === 1 && this.#replied === 1 && left > 0 && left === this.#left;
    this.#turns = steady ? this.#turns + 1 : 0;
    this.#left = left;
    this.#sent = 0;
    this.#replied = 0;
    if (this.#turns < TURNS_SURE || this.#windows) return;
    this.#turns = 0;
    this.unseen = left;
  }

  clear(): void {
    this.#queue.length = 0;
    this.#head = 0;
    this.unseen = 0;
    this.#waited = 0;
  }
}
