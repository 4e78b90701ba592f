// Lines end with CR LF; some are followed by as many bytes as their last word says, and another CR LF.
import { CR, index_of, latin1, LF, starts_with_fold, u8 } from '../bytes.ts';
import { type Operation, OPERATIONS } from './messages.ts';

/** Servers refuse longer ones (max_control_line is 4 KiB by default), but INFO and CONNECT may be longer. */
const LINE_BYTES_MAX = 32_768;
const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024 + 65_536;

/** The operation whose verb begins at `at`; 'part' when the bytes end inside of one. */
export function operation_at(bytes: Uint8Array, at: number, end: number): Operation | 'part' | undefined {
  for (const operation of OPERATIONS) {
    const { verb } = operation;
    const seen = verb.slice(0, Math.min(verb.length, end - at)).toLowerCase();
    if (!starts_with_fold(bytes, at, end, seen)) continue;
    if (end - at <= verb.length) return 'part';
    const next = u8(bytes, at + verb.length);
    if (next === 32 || next === 9 || next === CR) return operation;
  }
  return undefined;
}

export interface Line {
  operation: Operation;
  words: RegExpExecArray;
  /** First byte behind the line. */
  end: number;
  payload: number;
}

/** The line at `at`; undefined when it is none, 'part' when its end is not there. */
export function line_at(bytes: Uint8Array, at: number, end: number): Line | 'part' | undefined {
  const operation = end > at ? operation_at(bytes, at, end) : 'part';
  if (operation === undefined || operation === 'part') return operation;
  const limit = Math.min(end, at + LINE_BYTES_MAX);
  const feed = index_of(bytes, LF, at, limit);
  if (feed < 0) return end - at >= LINE_BYTES_MAX ? undefined : 'part';
  if (u8(bytes, feed - 1) !== CR) return undefined;
  const words = operation.line.exec(latin1(bytes, at + operation.verb.length, feed - 1));
  if (words === null) return undefined;
  const payload = operation.payload ? Number(words.at(-1)) : 0;
  if (payload > PAYLOAD_BYTES_MAX) return undefined;
  return { operation, words, end: feed + 1, payload };
}

/** Length of the operation at `at` with what follows its line; as `Framing.size`. */
export function operation_size(bytes: Uint8Array, at: number, end: number): number {
  const line = line_at(bytes, at, end);
  if (line === 'part') return 0;
  if (line === undefined) return -1;
  const size = line.end - at + (line.operation.payload ? line.payload + 2 : 0);
  // What is there of the closing CR LF must be one.
  if (
    line.operation.payload &&
    at + size <= end &&
    (u8(bytes, at + size - 2) !== CR || u8(bytes, at + size - 1) !== LF)
  ) {
    return -1;
  }
  return size;
}

/** Whether whole operations, one behind the other, fill [at, end) exactly. */
export function are_operations(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at;
  while (next < end) {
    const size = operation_size(bytes, next, end);
    if (size <= 0) return false;
    next += size;
  }
  return next === end && end > at;
}
