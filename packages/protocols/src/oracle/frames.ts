// Packets as frames.
import type { Framing } from '../framing/frames.ts';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { infer } from './infer.ts';
import { packet_size } from './packet.ts';

/** Of one packet: more than the SDU of almost all connections. */
const WANTED = 65_536;

export function framing(from_server: boolean, large_max: () => number): Framing {
  return {
    size: (bytes, at, end) => packet_size(bytes, at, end, large_max()),
    sure(bytes, at, end) {
      const guess = infer(bytes, at, end, from_server ? TO_CLIENT : TO_SERVER);
      return guess.score === 3 && guess.says === (from_server ? 'response' : 'request');
    },
    wanted: WANTED,
  };
}
