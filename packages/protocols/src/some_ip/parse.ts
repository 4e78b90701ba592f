// SOME/IP (AUTOSAR Foundation, "SOME/IP Protocol Specification" R22-11), over UDP and TCP.
import { FrameParser } from '../framing/parser.ts';
import type { Protocol } from '../protocol.ts';
import { card } from './card.ts';
import { HEADER_BYTES, message_size, SEGMENT_HEADER_BYTES } from './header.ts';
import { infer } from './infer.ts';
import { read } from './messages.ts';

const FORMAT = {
  size: message_size,
  wanted: HEADER_BYTES + SEGMENT_HEADER_BYTES,
  read,
};

export const protocol: Protocol = { card, infer, open: () => new FrameParser(FORMAT) };
