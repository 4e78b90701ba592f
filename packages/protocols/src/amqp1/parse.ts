// One AMQP 1.0 connection: frames to performatives; what they mean together is in peers.ts.
import { u8 } from '../bytes.ts';
import { FrameReader } from '../framing/frames.ts';
import {
  type Direction,
  type Emit,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import {
  body_start,
  channel_of,
  frame_size,
  HEAD_BYTES,
  header_protocol,
  is_header,
  is_whole_frame,
  PROTOCOL,
  starts_header,
} from './frame.ts';
import { infer } from './infer.ts';
import { CODE } from './messages.ts';
import { Peers } from './peers.ts';
import {
  read_attach,
  read_begin,
  read_detach,
  read_disposition,
  read_ending,
  read_flow,
  read_open,
  read_sasl_init,
  read_sasl_outcome,
  read_transfer,
} from './performatives.ts';
import { read_sections } from './sections.ts';
import { ValueReader } from './types.ts';

/** Of one frame this is read at most: a performative and the sections before the body of a message. */
const WANTED_BYTES = 16_384;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;
const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  [PROTOCOL.amqp]: 'AMQP',
  [PROTOCOL.tls]: 'TLS',
  [PROTOCOL.sasl]: 'SASL',
};

// Scratch of one parse call; parsing is synchronous.
const reader = new ValueReader();

class Amqp1Parser implements Parser {
  readonly #options: ParseOptions;
  readonly #frames = [new_frames(TO_SERVER), new_frames(TO_CLIENT)] as const;
  readonly #peers = new Peers();
  /** Protocol id of the header that the client sent last. */
  #asked: number | undefined = undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    this.#peers.emit = emit;
    if (frames.begin(stream) || stream.resync) this.#peers.lost(direction);
    for (;;) {
      const state = frames.next(stream);
      if (state === 'frame') {
        const encrypts = this.#frame(stream, direction, frames);
        frames.take(stream);
        this.#good++;
        this.#damaged = 0;
        if (encrypts) return 'encrypted';
      } else if (state === 'more') {
        return 'more';
      } else {
        this.#peers.lost(direction);
        if (state === 'lost') return 'lost';
        this.#damaged++;
        // A connection that was understood before has a damaged piece; one that never was is something else.
        return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
      }
    }
  }

  /** True when the peers agreed to encrypt from here on. */
  #frame(stream: Stream, direction: Direction, frames: FrameReader): boolean {
    const { bytes } = stream;
    const { start, size } = frames;
    const stop = Math.min(frames.stop, start + WANTED_BYTES);
    if (is_header(bytes, start)) return this.#header(bytes, start, stop, direction);
    const body = body_start(bytes, start);
    if (body >= stop) return false;
    const code = reader.begin(bytes, body, stop).descriptor();
    const mark = (): void => stream.mark();
    this.#performative(code, direction, channel_of(bytes, start), size, mark);
    return false;
  }

  #header(bytes: Uint8Array, start: number, stop: number, direction: Direction): boolean {
    const protocol = header_protocol(bytes, start, stop);
    if (direction === TO_SERVER) {
      this.#asked = protocol;
      return false;
    }
    if (this.#asked === undefined || this.#asked === protocol) return protocol === PROTOCOL.tls;
    const version = [5, 6, 7].map((i) => u8(bytes, start + i)).join('-');
    const name = PROTOCOL_NAMES[u8(bytes, start + 4)] ?? `protocol ${u8(bytes, start + 4)}`;
    this.#peers.refused_header(`${name} ${version}`, HEAD_BYTES);
    return false;
  }

  #performative(code: number, direction: Direction, channel: number, size: number, mark: () => void): void {
    const peers = this.#peers;
    if (code === CODE.transfer) {
      this.#transfer(direction, channel, size, mark);
      return;
    }
    mark();
    if (code === CODE.flow) peers.flow(direction, channel, read_flow(reader));
    else if (code === CODE.disposition) {
      const disposition = read_disposition(reader);
      if (disposition !== undefined) peers.disposition(direction, channel, disposition, size);
    } else if (code === CODE.open) peers.open(direction, read_open(reader), size);
    else if (code === CODE.begin) peers.begin(direction, channel, read_begin(reader), size);
    else if (code === CODE.attach) {
      const attach = read_attach(reader);
      if (attach !== undefined) peers.attach(direction, channel, attach, size);
    } else if (code === CODE.detach) peers.detach(direction, channel, read_detach(reader), size);
    else if (code === CODE.end) peers.end(direction, channel, read_ending(reader), size);
    else if (code === CODE.close) peers.close(direction, read_ending(reader), size);
    else if (code === CODE.sasl_init && direction === TO_SERVER) {
      const { mechanism, hostname } = read_sasl_init(reader);
      peers.login(mechanism, hostname, size);
    } else if (code === CODE.sasl_outcome && direction === TO_CLIENT) {
      peers.login_outcome(read_sasl_outcome(reader), size);
    }
  }

  #transfer(direction: Direction, channel: number, size: number, mark: () => void): void {
    const transfer = read_transfer(reader);
    const begins = this.#peers.begins(direction, channel, transfer);
    if (begins) mark();
    const sections = begins && !reader.failed ? read_sections(reader, this.#options) : undefined;
    this.#peers.transfer(direction, channel, transfer, sections, size);
  }
}

function new_frames(direction: Direction): FrameReader {
  return new FrameReader({
    // A server that refuses answers with the header of what it speaks, whatever that is.
    size: (bytes, at, end) =>
      direction === TO_CLIENT && starts_header(bytes, at, end) ? HEAD_BYTES : frame_size(bytes, at, end),
    sure: is_whole_frame,
    wanted: WANTED_BYTES,
  });
}

export const protocol: Protocol = { card, infer, open: (options) => new Amqp1Parser(options) };
