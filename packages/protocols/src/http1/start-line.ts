// Request line and status line (RFC 9112 sections 3 and 4).
import { CR, SPACE, starts_with, u8 } from '../bytes.ts';

const VERSION_BYTES = 'HTTP/1.1'.length;
const STATUS_LINE_BYTES = 'HTTP/1.1 200'.length;

/** Where "HTTP/1.x" begins at the end of a request line whose LF stands at `line_end`; -1 when it does not. */
export function version_start(bytes: Uint8Array, target: number, line_end: number): number {
  const text_end = bytes[line_end - 1] === CR ? line_end - 1 : line_end;
  const at = text_end - VERSION_BYTES;
  if (at - 1 <= target || bytes[at - 1] !== SPACE || !starts_with(bytes, at, text_end, 'HTTP/1.')) return -1;
  const minor = bytes[at + 7];
  return minor === 48 || minor === 49 ? at : -1;
}

/** The status code of the status line at `at`; 0 when there is none; -1 when too little is there to say. */
export function status_line(bytes: Uint8Array, at: number, end: number): number {
  const available = Math.min(7, end - at);
  if (!starts_with(bytes, at, end, 'HTTP/1.'.slice(0, available))) return 0;
  if (end - at < STATUS_LINE_BYTES) return -1;
  const minor = bytes[at + 7];
  if ((minor !== 48 && minor !== 49) || bytes[at + 8] !== SPACE) return 0;
  const [a, b, c] = [u8(bytes, at + 9) - 48, u8(bytes, at + 10) - 48, u8(bytes, at + 11) - 48];
  if (a < 1 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) return 0;
  return a * 100 + b * 10 + c;
}

// tchar of RFC 9110 section 5.6.2.
const TOKEN = new Uint8Array(256);
for (const c of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[c.charCodeAt(0)] = 1;
}
const METHOD_BYTES_MAX = 32;

/** End of the method token at `at`, a space behind it; 0 when there is none; -1 when it runs into `end`. */
export function method_end(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  const limit = Math.min(end, at + METHOD_BYTES_MAX);
  while (to < limit && TOKEN[bytes[to]!] === 1) to++;
  if (to === end) return -1;
  return to > at && bytes[to] === SPACE ? to : 0;
}
