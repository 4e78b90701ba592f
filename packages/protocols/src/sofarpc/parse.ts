// SofaRPC over Bolt (https://github.com/sofastack/sofa-bolt), versions 1 and 2.
import { FrameParser } from '../frames.ts';
import type { ParseOptions, Protocol } from '../protocol.ts';
import { card } from './card.ts';
import { command_length, HEAD_BYTES_MIN, head_bytes } from './header.ts';
import { infer } from './infer.ts';
import { read } from './messages.ts';

function open(options: ParseOptions): FrameParser {
  return new FrameParser({
    head_bytes: HEAD_BYTES_MIN,
    head: head_bytes,
    look_bytes: card.capture_bytes,
    length: command_length,
    read: (bytes, at, end) => read(bytes, at, end, options),
  });
}

export const protocol: Protocol = { card, infer, open };
