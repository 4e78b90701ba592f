// Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4).
import { intern, latin1, u8 } from '../bytes.ts';

const POINTER = 0xc0;
/** RFC 1035 section 2.3.4: 255 octets, so at most 127 labels. */
const NAME_BYTES_MAX = 255;
const LABELS_MAX = 127;

const scratch = new Uint8Array(NAME_BYTES_MAX + 1);

function is_plain(byte: number): boolean {
  // Printable ASCII without the dot, which separates labels, and the backslash, which escapes.
  return byte > 32 && byte < 127 && byte !== 46 && byte !== 92;
}

function escaped_label(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = u8(bytes, at);
    if (is_plain(byte)) text += String.fromCharCode(byte);
    else if (byte === 46 || byte === 92) text += `\\${String.fromCharCode(byte)}`;
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

/** Index behind the name at `at` without following pointers; -1 when it does not end before `end`. */
export function skip_name(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end) {
    const length = u8(bytes, to);
    if (length === 0) return to + 1;
    if ((length & POINTER) === POINTER) return to + 2 <= end ? to + 2 : -1;
    if (length > 63 || to - at > NAME_BYTES_MAX) return -1;
    to += 1 + length;
  }
  return -1;
}

/**
 * The name at `at` in a message that begins at `message`, labels joined by dots, the root as '.'; undefined when it is
 * broken. Pointers must go backwards, so every name ends.
 */
export function read_name(bytes: Uint8Array, at: number, message: number, end: number): string | undefined {
  let filled = 0;
  let from = at;
  let lowest = at;
  let escaped: string[] | undefined;
  for (let labels = 0; labels <= LABELS_MAX; ) {
    if (from >= end) return undefined;
    const length = u8(bytes, from);
    if (length === 0) {
      if (filled === 0) return '.';
      return escaped === undefined ? intern(scratch, 0, filled - 1) : escaped.join('.');
    }
    if ((length & POINTER) === POINTER) {
      const target = message + (((length & 0x3f) << 8) | u8(bytes, from + 1));
      if (from + 2 > end || target >= lowest) return undefined;
      from = target;
      lowest = target;
      continue;
    }
    if (length > 63 || from + 1 + length > end || filled + length + 1 > NAME_BYTES_MAX) return undefined;
    labels++;
    if (escaped !== undefined) escaped.push(escaped_label(bytes, from + 1, from + 1 + length));
    for (let i = 1; i <= length; i++) {
      const byte = u8(bytes, from + i);
      if (escaped === undefined && !is_plain(byte)) {
        escaped = filled === 0 ? [] : latin1(scratch, 0, filled - 1).split('.');
        escaped.push(escaped_label(bytes, from + 1, from + 1 + length));
      }
      scratch[filled + i - 1] = byte;
    }
    scratch[filled + length] = 46;
    filled += length + 1;
    from += 1 + length;
  }
  return undefined;
}
