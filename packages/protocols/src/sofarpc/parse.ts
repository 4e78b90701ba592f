// SofaRPC over Bolt (https://github.com/sofastack/sofa-bolt), versions 1 and 2.
import { FrameParser } from '../framing/parser.ts';
import type { ParseOptions, Protocol } from '../protocol.ts';
import { card } from './card.ts';
import { command_size } from './header.ts';
import { infer } from './infer.ts';
import { read } from './messages.ts';

/** A head and what is read of a body. */
const WANTED_BYTES = 4096;

function open(options: ParseOptions): FrameParser {
  return new FrameParser({
    size: command_size,
    wanted: WANTED_BYTES,
    read: (bytes, at, end) => read(bytes, at, end, options),
  });
}

export const protocol: Protocol = { card, infer, open };
