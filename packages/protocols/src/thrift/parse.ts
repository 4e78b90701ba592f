// Apache Thrift: binary (strict) and compact protocol, framed or not. HTTP carries Thrift as well; that is HTTP's.
import type { Direction, Emit, ParseOptions, Parser, ParseState, Protocol } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { BEGIN_BYTES, read_head, type Start, start_at } from './header.ts';
import { infer } from './infer.ts';
import { read } from './messages.ts';
import { ThriftReader } from './values.ts';

/** Of a framed message this is waited for: an exception's text stands at its beginning. */
const LOOK_BYTES = 4096;
/** An unframed message is walked again with each event; beyond this the next event is taken as a new beginning. */
const WALK_BYTES_MAX = 65_536;

class ThriftParser implements Parser {
  private readonly options: ParseOptions;

  constructor(options: ParseOptions) {
    this.options = options;
  }

  parse(stream: Stream, _direction: Direction, emit: Emit): ParseState {
    for (;;) {
      const have = stream.end - stream.pos;
      if (have === 0 && stream.hole === 0) return 'more';
      if (have < BEGIN_BYTES) return stream.hole > 0 || stream.ended ? 'lost' : 'more';
      const start = start_at(stream.bytes, stream.pos);
      if (start === undefined) return stream.resync ? 'lost' : 'not_mine';
      const state = start.framed ? this.framed(stream, start, emit) : this.bare(stream, start, emit);
      if (state !== undefined) return state;
    }
  }

  private framed(stream: Stream, start: Start, emit: Emit): ParseState | undefined {
    const { bytes, pos, end } = stream;
    const look = Math.min(start.length, LOOK_BYTES);
    if (end - pos < look && stream.hole === 0 && !stream.ended) return 'more';
    const stop = Math.min(end, pos + look);
    const head = read_head(bytes, start, stop);
    if (head === 'bad') return stream.resync ? 'lost' : 'not_mine';
    stream.mark();
    const message = head === 'short' ? undefined : read(bytes, head, stop, start.compact, this.options);
    stream.advance(start.length);
    if (message === undefined) return undefined;
    message.length = start.length;
    emit(message);
    return undefined;
  }

  private bare(stream: Stream, start: Start, emit: Emit): ParseState | undefined {
    const { bytes, pos, end } = stream;
    const head = read_head(bytes, start, end);
    if (head === 'bad') return stream.resync ? 'lost' : 'not_mine';
    const cut = stream.hole > 0 || stream.ended;
    if (head === 'short') return cut ? 'lost' : 'more';
    const walker = new ThriftReader(bytes, head.at, end, start.compact);
    const whole = walker.struct();
    if (walker.fault === 'bad') return stream.resync ? 'lost' : 'not_mine';
    if (!whole && !cut && end - pos < WALK_BYTES_MAX) return 'more';
    const length = (whole ? walker.at : end) - pos;
    stream.mark();
    const message = read(bytes, head, whole ? walker.at : end, start.compact, this.options);
    stream.advance(length);
    if (whole) message.length = length;
    emit(message);
    // Where a cut message ends cannot be told.
    return whole ? undefined : 'lost';
  }
}

export const protocol: Protocol = { card, infer, open: (options) => new ThriftParser(options) };
