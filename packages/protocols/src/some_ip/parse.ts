// SOME/IP (AUTOSAR Foundation, "SOME/IP Protocol Specification" R22-11), over UDP and TCP.
import { FrameParser } from '../frames.ts';
import type { Protocol } from '../protocol.ts';
import { card } from './card.ts';
import { HEADER_BYTES, message_length, SEGMENT_HEADER_BYTES } from './header.ts';
import { infer } from './infer.ts';
import { read } from './messages.ts';

const FORMAT = {
  head_bytes: HEADER_BYTES,
  look_bytes: HEADER_BYTES + SEGMENT_HEADER_BYTES,
  length: message_length,
  read,
};

export const protocol: Protocol = { card, infer, open: () => new FrameParser(FORMAT) };
