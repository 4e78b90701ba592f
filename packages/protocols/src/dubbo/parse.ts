// Dubbo, protocol version 2 (https://dubbo.apache.org, "Dubbo2 protocol specification").
import { FrameParser } from '../framing/parser.ts';
import type { ParseOptions, Protocol } from '../protocol.ts';
import { card } from './card.ts';
import { HEADER_BYTES, message_size, read_header } from './header.ts';
import { infer } from './infer.ts';
import { request, response } from './messages.ts';

/** A head and what is read of a body. */
const WANTED_BYTES = 8192;

function open(options: ParseOptions): FrameParser {
  return new FrameParser({
    size: message_size,
    wanted: WANTED_BYTES,
    read(bytes, at, end) {
      const header = read_header(bytes, at);
      const read = header.request ? request : response;
      return read(header, bytes, at + HEADER_BYTES, end, options);
    },
  });
}

export const protocol: Protocol = { card, infer, open };
