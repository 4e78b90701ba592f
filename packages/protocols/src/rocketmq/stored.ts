// Messages in bodies: as a broker stores them (MessageDecoder; what is pulled, popped, viewed or checked) and as a batch is
// sent (MessageDecoder.encodeMessage). Only the first one's properties are read.
import { i32be, u8, u16be, u32be, utf8 } from '../bytes.ts';

const MAGIC = 0xdaa3_20a7;
/** Topics longer than 127 bytes: their length takes two bytes. */
const MAGIC_2 = 0xdaa3_20ab;
const SYSTEM_FLAGS_AT = 36;
/** Size, magic, checksum, queue, flag, two offsets, system flags, moment of birth: then come the two hosts. */
const BORN_HOST_AT = 48;
const BORN_HOST_V6 = 1 << 4;
const STORE_HOST_V6 = 1 << 5;
const BATCH_BODY_AT = 16;

/** Properties of the first message of a body as a broker stores it; undefined when it is none or is cut. */
export function stored_properties(bytes: Uint8Array, at: number, end: number, bytes_max: number): string | undefined {
  const magic = at + BORN_HOST_AT <= end ? u32be(bytes, at + 4) : 0;
  if (magic !== MAGIC && magic !== MAGIC_2) return undefined;
  const flags = u32be(bytes, at + SYSTEM_FLAGS_AT);
  // Address and port; then moment of storing, address and port, tries, offset of the prepared transaction, body.
  const born = (flags & BORN_HOST_V6 ? 16 : 4) + 4;
  const stored = 8 + (flags & STORE_HOST_V6 ? 16 : 4) + 4;
  const body_at = at + BORN_HOST_AT + born + stored + 4 + 8;
  const body_bytes = i32be(bytes, body_at);
  const topic_at = body_at + 4 + body_bytes;
  if (body_bytes < 0 || topic_at + 2 > end) return undefined;
  const topic_end = magic === MAGIC ? topic_at + 1 + u8(bytes, topic_at) : topic_at + 2 + u16be(bytes, topic_at);
  return properties_at(bytes, topic_end, end, bytes_max);
}

/** Properties of the first message of a batch that is sent. */
export function batch_properties(bytes: Uint8Array, at: number, end: number, bytes_max: number): string | undefined {
  if (at + BATCH_BODY_AT + 4 > end) return undefined;
  const size = u32be(bytes, at);
  const body_bytes = i32be(bytes, at + BATCH_BODY_AT);
  const from = at + BATCH_BODY_AT + 4 + body_bytes;
  if (body_bytes < 0 || from + 2 > end || from + 2 + u16be(bytes, from) !== at + size) return undefined;
  return properties_at(bytes, from, end, bytes_max);
}

function properties_at(bytes: Uint8Array, at: number, end: number, bytes_max: number): string | undefined {
  const to = at + 2 + u16be(bytes, at);
  return to <= end ? utf8(bytes, at + 2, to, bytes_max) : undefined;
}
