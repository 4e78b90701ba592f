// Frames of RFC 9113 section 4 and 6: their headers, and where a header block or data stands in them.
import { u24be, u32be } from '../bytes.ts';

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
export const FRAME_HEADER_BYTES = 9;

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rst_stream: 3,
  settings: 4,
  push_promise: 5,
  ping: 6,
  goaway: 7,
  window_update: 8,
  continuation: 9,
} as const;

export const FLAG = { end_stream: 0x1, end_headers: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Flags that each type defines (RFC 9113 section 6). */
const FLAGS_DEFINED = [0x9, 0x2d, 0, 0x1, 0x1, 0xc, 0x1, 0, 0, 0x4];

/** SETTINGS_MAX_FRAME_SIZE until changed (RFC 9113 section 6.5.2). */
export const FRAME_BYTES_DEFAULT = 16_384;
export const FRAME_BYTES_MAX = 16_777_215;

const SETTING = { enable_push: 2, max_frame_size: 5 } as const;
const SETTING_BYTES = 6;
/** Identifiers registered so far (RFC 9113, 8441, 9218 and the IANA registry's 0x10). */
const SETTING_IDS_MAX = 0x10;
const SETTINGS_BYTES_PLAUSIBLE = 120;

export interface FrameHeader {
  length: number;
  type: number;
  flags: number;
  stream: number;
}

/** The caller has checked that nine bytes are there. */
export function read_frame_header(bytes: Uint8Array, at: number, to: FrameHeader): void {
  to.length = u24be(bytes, at);
  to.type = bytes[at + 3]!;
  to.flags = bytes[at + 4]!;
  to.stream = u32be(bytes, at + 5) & 0x7fffffff;
}

/** Whether lengths and stream numbers are what the types demand (RFC 9113 section 6). */
export function valid_frame(frame: FrameHeader, length_max: number): boolean {
  const { length, type, stream } = frame;
  if (length > length_max) return false;
  switch (type) {
    case FRAME.data:
    case FRAME.continuation:
      return stream !== 0;
    case FRAME.headers:
      return stream !== 0 && length > 0;
    case FRAME.push_promise:
      return stream !== 0 && length > 4;
    case FRAME.priority:
      return stream !== 0 && length === 5;
    case FRAME.rst_stream:
      return stream !== 0 && length === 4;
    case FRAME.settings:
      return stream === 0 && (frame.flags & 1 ? length === 0 : length % SETTING_BYTES === 0);
    case FRAME.ping:
      return stream === 0 && length === 8;
    case FRAME.goaway:
      return stream === 0 && length >= 8;
    case FRAME.window_update:
      return length === 4;
    default:
      // Types of extensions are passed over (RFC 9113 section 4.1).
      return true;
  }
}

/** As `valid_frame`, and nothing in it that senders do not do although receivers must tolerate it. */
export function plausible_frame(bytes: Uint8Array, at: number, frame: FrameHeader): boolean {
  if (frame.type > FRAME.continuation || bytes[at + 5]! >= 0x80) return false;
  return (frame.flags & ~FLAGS_DEFINED[frame.type]!) === 0 && valid_frame(frame, FRAME_BYTES_DEFAULT);
}

/** Whether a SETTINGS frame with at least one setting, all of known kind, stands at `at`: nothing else begins so. */
export function settings_signature(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < FRAME_HEADER_BYTES + SETTING_BYTES) return false;
  const length = u24be(bytes, at);
  if (bytes[at + 3] !== FRAME.settings || bytes[at + 4] !== 0 || u32be(bytes, at + 5) !== 0) return false;
  if (length === 0 || length % SETTING_BYTES !== 0 || length > SETTINGS_BYTES_PLAUSIBLE) return false;
  const settings = at + FRAME_HEADER_BYTES;
  for (let one = settings; one + SETTING_BYTES <= Math.min(end, settings + length); one += SETTING_BYTES) {
    const id = (bytes[one]! << 8) | bytes[one + 1]!;
    if (id === 0 || (id > SETTING_IDS_MAX && id < 0xf000)) return false;
    if (id === SETTING.enable_push && u32be(bytes, one + 2) > 1) return false;
  }
  return true;
}

/** SETTINGS_MAX_FRAME_SIZE in the payload [start, end), or 0. */
export function max_frame_size(bytes: Uint8Array, start: number, end: number): number {
  let size = 0;
  for (let one = start; one + SETTING_BYTES <= end; one += SETTING_BYTES) {
    if (bytes[one] === 0 && bytes[one + 1] === SETTING.max_frame_size) size = u32be(bytes, one + 2);
  }
  return Math.min(size, FRAME_BYTES_MAX);
}

/** Places of what a frame carries, without padding and priority. */
export interface Content {
  start: number;
  end: number;
}

/**
 * Content of a DATA, HEADERS, PUSH_PROMISE or CONTINUATION frame whose payload begins at `at`; `end` may lie before the
 * payload's end. False when padding contradicts the length (RFC 9113 section 6.1).
 */
export function find_content(bytes: Uint8Array, at: number, end: number, frame: FrameHeader, to: Content): boolean {
  const { type, flags, length } = frame;
  let start = at;
  let padding = 0;
  if (type !== FRAME.continuation && flags & FLAG.padded) {
    padding = start < end ? bytes[start]! : 0;
    start++;
  }
  if (type === FRAME.headers && flags & FLAG.priority) start += 5;
  if (type === FRAME.push_promise) start += 4;
  to.start = Math.min(start, end);
  to.end = Math.max(to.start, Math.min(end, at + length - padding));
  return start + padding <= at + length;
}
