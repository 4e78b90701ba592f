// Tells the capture which bytes ahead no parser will look at, so that a large body costs one head an event.
import type { Conversation } from '@sonde/protocols';
import { EGRESS, INGRESS } from '../capture/event.ts';
import { type FlowEntry, SEQ_UNKNOWN } from './entry.ts';

/** Less has mostly been captured when the word reaches the kernel: it is two full events, or one read of Node's 64 KiB. */
const SKIP_BYTES_MIN = 32_768;
/** Positions further ahead than 2^31 look as if they lay behind; a longer skip is told in steps. */
const SKIP_BYTES_MAX = 2 ** 30;

export interface SkipOutput {
  skip(socket_id: number, direction: number, until_seq: number | undefined): void;
}

/** Call after each event of a TCP flow was parsed. */
export function tell_skips(entry: FlowEntry, conversation: Conversation, out: SkipOutput): void {
  tell_side(entry, conversation, EGRESS, out);
  tell_side(entry, conversation, INGRESS, out);
}

function tell_side(entry: FlowEntry, conversation: Conversation, side: 0 | 1, out: SkipOutput): void {
  const skip = conversation.skip(entry.direction(side));
  const told = entry.skip_until[side];
  if (skip < SKIP_BYTES_MIN && told === SEQ_UNKNOWN) return;
  const next = entry.seq_next[side];
  // What the parser skips ends where it is told to read again, so the rest told must never be longer than the skip.
  const ahead = told === SEQ_UNKNOWN ? 0 : (told - next) | 0;
  if (ahead > skip) out.skip(entry.socket_id, side, undefined);
  if (ahead <= 0 || ahead > skip) entry.skip_until[side] = SEQ_UNKNOWN;
  else if (ahead === skip || ahead >= SKIP_BYTES_MAX / 2) return;
  if (skip < SKIP_BYTES_MIN || next === SEQ_UNKNOWN) return;
  const until = (next + Math.min(skip, SKIP_BYTES_MAX)) >>> 0;
  entry.skip_until[side] = until;
  out.skip(entry.socket_id, side, until);
}
