// One direction of one connection as a parser sees it: readable bytes, then perhaps a hole whose length is known but
// whose bytes were not captured, then more bytes. Datagram protocols see one datagram at a time.

/** Where a byte came from; the framework needs it to time and order messages. */
export interface Origin {
  moment_ns: number;
  tcp_seq: number;
  cap_seq: number;
  pid: number;
  tid: number;
}

/**
 * Contract for parsers:
 * - readable bytes are `bytes[pos] .. bytes[end - 1]`; both indexes may move between calls, `bytes` may be replaced;
 * - `hole` bytes follow directly after `end` and cannot be read. Bytes that come after a hole are not visible until the
 *   hole has been skipped;
 * - `advance(n)` moves past n bytes and may reach into the hole and past it; `n` may exceed what has arrived: the rest
 *   is skipped when it comes (a body of known length costs nothing);
 * - `mark()` before emitting tells the stream that the message being built began at `pos`.
 */
export interface Stream {
  readonly bytes: Uint8Array;
  readonly pos: number;
  readonly end: number;
  /** Length of the uncaptured piece after `end`; 0 when none, or when nothing more has arrived yet. */
  readonly hole: number;
  /** True after 'lost', and at the start of a connection seen from its middle: `pos` is the first byte of an event, not
   *  surely of a message. Stays true until the first `advance`. */
  readonly resync: boolean;
  /** True when each call carries exactly one datagram: nothing may be left for the next call. */
  readonly datagram: boolean;
  /** The direction has ended (FIN, close): what is readable is all there will ever be. */
  readonly ended: boolean;
  /** Moves past n >= 0 bytes. */
  advance(n: number): void;
  /** Notes that a message begins at `pos`; the next emitted message takes its time, sequence and thread from there. */
  mark(): void;
  /** Requests emitted on this connection less final responses emitted; a hint, never below 0. */
  readonly outstanding: number;
}
