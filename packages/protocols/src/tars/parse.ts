// Tars and TUP (https://github.com/TarsCloud/TarsDocs, "tars protocol").
import { FrameParser } from '../framing/parser.ts';
import type { ParseOptions, Protocol } from '../protocol.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { read } from './messages.ts';
import { packet_size } from './packet.ts';

/** A head and what is read of a body. */
const WANTED_BYTES = 8192;

function open(options: ParseOptions): FrameParser {
  return new FrameParser({
    size: packet_size,
    wanted: WANTED_BYTES,
    read: (bytes, at, end, _length, direction) => read(bytes, at, end, direction, options),
  });
}

export const protocol: Protocol = { card, infer, open };
