// Primitive maps (org.apache.activemq.util.MarshallingSupport): number of entries (4), then name behind its length (2), kind
// of the value (1) and value.
import { i32be, intern, u8, u16be, utf8 } from '../bytes.ts';

const ENTRIES_MAX = 4096;
const DEPTH_MAX = 4;
/** Bytes of values by their kind: nothing, yes or no, byte, character, short, int, long, double, float. */
const WIDTHS: readonly number[] = [0, 1, 1, 2, 2, 4, 8, 8, 4];
const BOOL = 1;
const INT = 5;
const [TEXT, OCTETS, MAP, LIST, BIG_TEXT] = [9, 10, 11, 12, 13] as const;

export type OnValue = (name: string, value: string | number | boolean) => void;

/** Hands out texts, whole numbers of 4 bytes and booleans of the map in [start, end), as far as it is sound. */
export function each_property(
  bytes: Uint8Array,
  start: number,
  end: number,
  bytes_max: number,
  on_value: OnValue,
): void {
  map(bytes, start, end, bytes_max, 0, on_value);
}

/** Returns the first byte behind the map, or -1. */
function map(
  bytes: Uint8Array,
  start: number,
  end: number,
  bytes_max: number,
  depth: number,
  on_value: OnValue | undefined,
): number {
  const count = i32be(bytes, start);
  let at = start + 4;
  for (let n = 0; n < count && n < ENTRIES_MAX; n++) {
    const name_end = at + 2 + u16be(bytes, at);
    if (at + 2 > end || name_end + 1 > end) return -1;
    const kind = u8(bytes, name_end);
    const from = name_end + 1;
    const to = value_end(bytes, from, end, kind, depth);
    if (to < 0 || to > end) return -1;
    if (on_value !== undefined) tell(bytes, at + 2, name_end, kind, from, to, bytes_max, on_value);
    at = to;
  }
  return at <= end ? at : -1;
}

function tell(
  bytes: Uint8Array,
  name_at: number,
  name_end: number,
  kind: number,
  from: number,
  to: number,
  bytes_max: number,
  on_value: OnValue,
): void {
  if (kind === TEXT || kind === BIG_TEXT) {
    const text_at = from + (kind === TEXT ? 2 : 4);
    on_value(intern(bytes, name_at, name_end), utf8(bytes, text_at, to, bytes_max));
  } else if (kind === BOOL) on_value(intern(bytes, name_at, name_end), u8(bytes, from) !== 0);
  else if (kind === INT) on_value(intern(bytes, name_at, name_end), i32be(bytes, from));
}

function value_end(bytes: Uint8Array, at: number, end: number, kind: number, depth: number): number {
  const width = WIDTHS[kind];
  if (width !== undefined) return at + width;
  if (kind === TEXT) return at + 2 + u16be(bytes, at);
  if (kind === OCTETS || kind === BIG_TEXT) return at + 4 + Math.max(0, i32be(bytes, at));
  if (depth >= DEPTH_MAX) return -1;
  if (kind === MAP) return map(bytes, at, end, 0, depth + 1, undefined);
  if (kind !== LIST) return -1;
  const count = i32be(bytes, at);
  let next = at + 4;
  for (let n = 0; n < count; n++) {
    if (n >= ENTRIES_MAX || next >= end) return -1;
    next = value_end(bytes, next + 1, end, u8(bytes, next), depth + 1);
    if (next < 0) return -1;
  }
  return next;
}
