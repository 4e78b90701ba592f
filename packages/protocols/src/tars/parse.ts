// Tars and TUP (https://github.com/TarsCloud/TarsDocs, "tars protocol").
import { FrameParser } from '../frames.ts';
import type { ParseOptions, Protocol } from '../protocol.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { read } from './messages.ts';
import { HEAD_BYTES, packet_length } from './packet.ts';

function open(options: ParseOptions): FrameParser {
  return new FrameParser({
    head_bytes: HEAD_BYTES,
    look_bytes: card.capture_bytes,
    length: packet_length,
    read: (bytes, at, end, _length, direction) => read(bytes, at, end, direction, options),
  });
}

export const protocol: Protocol = { card, infer, open };
