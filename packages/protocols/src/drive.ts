// One connection from its first byte to its last: finds out what it speaks, hands bytes to the parser, and deals with
// whatever the parser cannot: holes, damage, a wrong claim, encryption. The agent and all tests drive parsers by this
// class only. It does not pair requests with responses.
import { ask, contradicts, convincing, looks_like_tls, type Opinions, opposite, type Question } from './infer.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  type Parser,
  type Protocol,
  type Succession,
  TO_CLIENT,
  TO_SERVER,
  type Transport,
  WHOLE_CALLS,
} from './protocol.ts';
import type { Origin } from './stream.ts';
import { StreamBuffer } from './stream-buffer.ts';

export interface Limits {
  /** Unread bytes kept for each direction. */
  buffer_bytes: number;
  /** How often inference may ask again with a longer prefix. */
  asks: number;
  /** Events of one direction that no protocol claims before the connection is given up. */
  unclaimable: number;
  /** 'not_mine' answers that end a claim. */
  strikes: number;
  /** Messages in a row that make strikes forgotten. */
  forgiven_after: number;
  /** Fruitless events in a row after which a claim ends without a strike being needed. */
  fruitless: number;
  /** Claims that may fail before the connection is given up. */
  claims: number;
}

export const DEFAULT_LIMITS: Limits = {
  buffer_bytes: 1_048_576,
  asks: 3,
  unclaimable: 16,
  strikes: 3,
  forgiven_after: 8,
  fruitless: 1024,
  claims: 3,
};

export interface Setup {
  /** The allowed protocols. */
  protocols: readonly Protocol[];
  options: ParseOptions;
  /** Port of the accepting side; 0 when unknown. */
  server_port: number;
  transport: Transport;
  /** Name of the protocol that a setting prescribes: claimed without inference, given up like any other claim. */
  hint?: string;
  /** True when the first byte of the connection will be seen. */
  from_start?: boolean;
  on_message: (message: Message, protocol: Protocol, direction: Direction) => void;
  /**
   * Given when the caller is not sure of the roles: called at most once, when the content says that the roles are the
   * other way round. From the next call on the caller must pass directions swapped, and may set `server_port`.
   */
  on_flip?: () => void;
  /** Messages of this direction may be missing before the next one: pairing by order is unsure. */
  on_lost?: (direction: Direction) => void;
  limits?: Partial<Limits>;
}

export type ConversationState = 'unclaimed' | 'claimed' | 'encrypted' | 'given_up';

// Events that look exactly like messages, in a row, inside of what should be one message; one is enough when the other
// side has spoken in between.
const SWALLOWED_MAX = 2;
// Prefixes shorter than this do not count as asked: some programs write a length, or a byte, at a time.
const PREFIX_BYTES_MIN = 16;
// Ends of claims within one event are answered with a new inference this often.
const CLAIMS_PER_EVENT = 4;
// Encrypted records seen in the middle of a connection before it counts as encrypted.
const ENCRYPTED_RECORDS_SURE = 2;

const reads_encryption = (protocol: Protocol): boolean => protocol.card.encrypts === true;

/** Of the list that was asked for last: connections share one. */
let readers_among: readonly Protocol[] = [];
let readers: readonly Protocol[] = [];
function encryption_readers(protocols: readonly Protocol[]): readonly Protocol[] {
  if (readers_among !== protocols) {
    readers = protocols.filter(reads_encryption);
    readers_among = protocols;
  }
  return readers;
}

export class Conversation {
  state: ConversationState = 'unclaimed';
  protocol: Protocol | undefined = undefined;
  server_port: number;
  readonly counters = { boundary_lost: 0, not_mine: 0, overflow: 0 };

  private readonly setup: Setup;
  private readonly limits: Limits;
  private streams: [StreamBuffer, StreamBuffer];
  private parser: Parser | undefined = undefined;
  private readonly emits: [Emit, Emit];
  private opinions: [Opinions, Opinions] | undefined = undefined;
  private readonly asked = [0, 0];
  private readonly unclaimable = [0, 0];
  private readonly swallowed = [0, 0];
  private encrypted_records = 0;
  private spoke_last: Direction | undefined = undefined;
  private flipped = false;
  private outstanding = 0;
  private waiting_since_ns = 0;
  /** Requests may be missing before the next one. */
  private requests_lost = false;
  /** Moment of the newest event. */
  private newest_ns = 0;
  private strikes = 0;
  private in_a_row = 0;
  private fruitless = 0;
  private claims = 0;
  private emitted = 0;
  private claims_now = 0;

  constructor(setup: Setup) {
    this.setup = setup;
    this.limits = setup.limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...setup.limits };
    this.server_port = setup.server_port;
    const datagram = setup.transport !== 'tcp';
    this.streams = [
      new StreamBuffer(datagram, this.limits.buffer_bytes),
      new StreamBuffer(datagram, this.limits.buffer_bytes),
    ];
    for (const stream of this.streams) stream.resync = setup.from_start !== true && !datagram;
    this.emits = [(message) => this.emit(message, TO_SERVER), (message) => this.emit(message, TO_CLIENT)];
    const prescribed = setup.hint === undefined ? undefined : setup.protocols.find((p) => p.card.name === setup.hint);
    if (prescribed !== undefined) this.claim(prescribed);
  }

  /** An event of `true_length` bytes, captured as `bytes[start] .. bytes[end - 1]`; nothing of it is kept by reference. */
  data(direction: Direction, bytes: Uint8Array, start: number, end: number, true_length: number, origin: Origin): void {
    if (this.streams[direction].discarded > 0) this.gap(direction, 0);
    if (this.state === 'encrypted' || this.state === 'given_up' || true_length <= 0) return;
    const stream = this.streams[direction];
    if (stream.skip > 0 || stream.pos < stream.end) this.look_into_swallowed(stream, direction, bytes, start, end);
    this.spoke_last = direction;
    this.newest_ns = origin.moment_ns;
    if (!stream.push(bytes, start, end, true_length, origin)) {
      this.counters.overflow++;
      this.lost(direction);
    }
    if (stream.pos === stream.end && stream.hole === 0) return;
    this.claims_now = 0;
    if (this.state === 'unclaimed') this.infer(direction);
    else this.parse(direction);
  }

  /** Events of this direction never came: `length` bytes, or undefined when not even that is known. */
  gap(direction: Direction, length?: number): void {
    if (this.state === 'encrypted' || this.state === 'given_up' || this.setup.transport !== 'tcp') return;
    const stream = this.streams[direction];
    if (this.state === 'unclaimed' || length === undefined) {
      this.lost(direction);
      stream.drop();
      return;
    }
    stream.push_hole(length);
    if (stream.hole > 0) this.parse(direction);
  }

  /**
   * The reader threw `length` bytes away unread, as is done before closing. When it reads on behind them they are a gap; when it
   * does not, no message was missed.
   */
  discard(direction: Direction, length: number): void {
    this.streams[direction].discard(length);
  }

  /** Bytes of a call that whoever has claimed the connection wants now; 0 while nobody has. */
  get capture_bytes(): number {
    if (this.state !== 'claimed' || this.protocol === undefined) return 0;
    return this.parser?.next === undefined ? this.protocol.card.capture_bytes : WHOLE_CALLS;
  }

  /** Bytes of this direction still to come that no parser will look at. */
  skip(direction: Direction): number {
    return this.streams[direction].skip;
  }

  /** The direction has ended: what is buffered is all there will be. */
  end(direction: Direction): void {
    const stream = this.streams[direction];
    stream.ended = true;
    // Of datagrams nothing is ever left over that an end could settle.
    if (this.state === 'claimed' && !stream.datagram) this.parse(direction);
    stream.drop();
  }

  private claim(protocol: Protocol, before?: Succession): void {
    this.claims_now++;
    this.state = 'claimed';
    this.protocol = protocol;
    this.parser = protocol.open(this.setup.options, before);
    this.opinions = undefined;
    this.strikes = 0;
    this.in_a_row = 0;
    this.fruitless = 0;
  }

  private unclaim(struck: boolean): void {
    this.parser = undefined;
    this.protocol = undefined;
    this.asked.fill(0);
    this.unclaimable.fill(0);
    this.count_outstanding(0);
    for (const stream of this.streams) stream.skip = 0;
    // A claim that gave many messages was right, however it ended.
    if (this.emitted >= this.limits.forgiven_after) this.claims = 0;
    else if (struck) this.claims++;
    this.emitted = 0;
    this.state = 'unclaimed';
    if (this.claims >= this.limits.claims) this.close('given_up');
  }

  /** Nothing more will be read. */
  private close(state: 'encrypted' | 'given_up'): void {
    this.state = state;
    for (const stream of this.streams) stream.drop();
  }

  private lost(direction: Direction): void {
    this.counters.boundary_lost++;
    this.parser?.lost?.(direction);
    if (direction === TO_SERVER) this.requests_lost = true;
    else this.count_outstanding(0);
    this.setup.on_lost?.(direction);
  }

  private count_outstanding(count: number): void {
    this.outstanding = count;
    for (const stream of this.streams) stream.outstanding = count;
  }

  private infer(direction: Direction): void {
    const stream = this.streams[direction];
    const encrypted = this.setup.transport === 'tcp' && this.is_encrypted(stream);
    this.opinions ??= [new Map(), new Map()];
    const question: Question = {
      protocols: encrypted ? encryption_readers(this.setup.protocols) : this.setup.protocols,
      transport: this.setup.transport,
      server_port: this.server_port,
      roles_known: this.setup.on_flip === undefined || this.flipped,
    };
    const [mine, others] = [this.opinions[direction], this.opinions[opposite(direction)]];
    let verdict = ask(question, stream, direction, mine, others);
    // A hole hides whatever comes after it, so waiting would not help.
    const last = stream.datagram || stream.hole > 0 || this.asked[direction]! >= this.limits.asks;
    if (stream.newest > stream.pos && !convincing(verdict, last)) {
      // What was left over from before may be of no use: does the newest event leave no doubt?
      const { pos } = stream;
      stream.pos = stream.newest;
      // Its opinions are of a part: what all that waits was given stays.
      const fresh = ask(question, stream, direction, new Map(), others);
      if (fresh.guess.score === 3) verdict = fresh;
      else stream.pos = pos;
    }
    if (stream.end - stream.pos >= PREFIX_BYTES_MIN) this.asked[direction]!++;
    if (convincing(verdict, last)) {
      const roles_wrong = contradicts(verdict.guess, direction);
      if (roles_wrong) this.flip();
      this.claim(verdict.protocol!);
      this.parse_buffered(roles_wrong ? opposite(direction) : direction);
    } else if (encrypted) {
      this.close('encrypted');
    } else if (last || (verdict.protocol === undefined && !verdict.more)) {
      this.asked[direction] = 0;
      stream.drop();
      if (++this.unclaimable[direction]! >= this.limits.unclaimable) this.close('given_up');
    } else {
      stream.settle();
    }
  }

  private is_encrypted(stream: StreamBuffer): boolean {
    const looks = looks_like_tls(stream.bytes, stream.pos, stream.end);
    if (looks === 1) this.encrypted_records++;
    return looks === 2 || this.encrypted_records >= ENCRYPTED_RECORDS_SURE;
  }

  /** The peers encrypt from here on: who reads how they agree takes over; behind that, or without it, nothing is read. */
  private encrypt(direction: Direction): void {
    const reader = reads_encryption(this.protocol!) ? undefined : this.setup.protocols.find(reads_encryption);
    if (reader === undefined) {
      this.close('encrypted');
      return;
    }
    this.unclaim(false);
    this.claim(reader, { name: reader.card.name });
    const stream = this.streams[direction];
    if (stream.pos < stream.end || stream.hole > 0) {
      this.parse_buffered(direction);
      return;
    }
    stream.settle();
    const other = this.streams[opposite(direction)];
    if (other.pos < other.end) this.parse(opposite(direction));
  }

  private flip(): void {
    this.flipped = true;
    this.streams = [this.streams[1], this.streams[0]];
    this.unclaimable.reverse();
    this.asked.reverse();
    this.setup.on_flip?.();
  }

  /** First parse after a claim: both directions may have waited; the older goes first. */
  private parse_buffered(current: Direction): void {
    const other = opposite(current);
    const waiting = this.streams[other];
    if (waiting.pos < waiting.end) {
      if (waiting.moment_ns <= this.streams[current].moment_ns) {
        this.parse(other);
        this.parse(current);
      } else {
        this.parse(current);
        this.parse(other);
      }
      return;
    }
    this.parse(current);
  }

  private parse(direction: Direction): void {
    const stream = this.streams[direction];
    const emit = this.emits[direction];
    let struck = false;
    while (this.parser !== undefined) {
      // In search of a boundary nothing more is lost with what is none, unless bytes are missing.
      const searching = stream.resync && stream.hole === 0;
      const state = this.parser.parse(stream, direction, emit);
      if (state === 'more' && stream.hole === 0) break;
      if (state === 'encrypted') {
        this.encrypt(direction);
        return;
      }
      if (state === 'done') {
        const { next } = this.parser;
        this.unclaim(false);
        const heir = next === undefined ? undefined : this.setup.protocols.find((p) => p.card.name === next.name);
        if (heir !== undefined && this.state === 'unclaimed' && this.claims_now < CLAIMS_PER_EVENT) {
          this.claim(heir, next);
          continue;
        }
        this.infer_rest(direction);
        return;
      }
      if (!searching || !stream.resync) this.lost(direction);
      // One event is one reason to doubt, wherever in it the parser tries.
      if (state === 'not_mine' && !struck) this.strike();
      struck ||= state === 'not_mine';
      this.fruitless++;
      const ends = this.strikes >= this.limits.strikes || this.fruitless >= this.limits.fruitless;
      // What this protocol refused as a message may begin one of another.
      if (ends) stream.resync = false;
      const onwards = stream.resynchronise();
      if (ends) {
        this.unclaim(true);
        this.infer_rest(direction);
        return;
      }
      if (!onwards) break;
    }
    stream.settle();
  }

  /** What an ended claim left unread is inferred afresh; only so often for one event, whatever the bytes are. */
  private infer_rest(direction: Direction): void {
    const stream = this.streams[direction];
    if (this.state !== 'unclaimed') return;
    if (stream.pos === stream.end && stream.hole === 0) {
      stream.settle();
    } else if (this.claims_now < CLAIMS_PER_EVENT) {
      this.infer(direction);
    } else {
      this.lost(direction);
      stream.drop();
    }
  }

  private strike(): void {
    this.counters.not_mine++;
    this.in_a_row = 0;
    this.strikes++;
  }

  private emit(message: Message, direction: Direction): void {
    this.streams[direction].stamp(message, this.newest_ns);
    if (message.type === MESSAGE_TYPE.request && message.one_way !== true) {
      const before = this.requests_lost ? 0 : this.outstanding;
      this.requests_lost = false;
      if (before === 0) this.waiting_since_ns = message.begin_ns ?? 0;
      this.count_outstanding(before + 1);
    } else if (message.type === MESSAGE_TYPE.response && message.interim !== true && this.outstanding > 0) {
      // A response that began before any of them is none of theirs.
      if ((message.begin_ns ?? 0) >= this.waiting_since_ns) this.count_outstanding(this.outstanding - 1);
    }
    this.fruitless = 0;
    this.swallowed[direction] = 0;
    this.emitted++;
    if (++this.in_a_row >= this.limits.forgiven_after) this.strikes = 0;
    this.setup.on_message(message, this.protocol!, direction);
  }

  /**
   * An event that goes into a skip or an unfinished message but begins exactly like a message: now and then that is
   * chance, twice without any message in between it means that a length was damaged.
   */
  private look_into_swallowed(
    stream: StreamBuffer,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const guess = this.protocol?.infer(bytes, start, end, direction, this.server_port);
    if (guess?.score !== 3 || guess.says === 'either' || contradicts(guess, direction)) return;
    const is_turn = this.spoke_last !== direction;
    if (++this.swallowed[direction]! < SWALLOWED_MAX && !is_turn) return;
    this.swallowed[direction] = 0;
    stream.drop();
    this.lost(direction);
  }
}
