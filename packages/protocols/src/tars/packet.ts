// RequestPacket and ResponsePacket (Tars documentation, "tars protocol"; RequestF.tars), behind four bytes of length.
// Both begin alike: version, kind, and from field 3 on in different order.
import { u8, u32be } from '../bytes.ts';
import { TarsReader } from './value.ts';

export const LENGTH_BYTES = 4;
/** Length, version and the head of the field behind it. */
export const HEAD_BYTES = 7;
// Limit of a packet in the framework (TC_EpollServer), 100 MiB.
const PACKET_BYTES_MAX = 104_857_600;
/** Version, kind, ids, return code and buffer cannot be shorter. */
const PACKET_BYTES_MIN = 14;
// Tag 1, type int8.
const VERSION_HEAD = 0x10;
/** 1 Tars, 2 and 3 TUP, 4 XML, 5 JSON. */
const VERSION_MAX = 5;
export const TUP = 2;
export const TUP_SIMPLE = 3;
export const ONE_WAY = 1;

export interface Packet {
  version: number;
  kind: number;
  request_id: number;
  /** A request's; a TUP response has them too. */
  servant?: string;
  func?: string;
  code?: number;
  result?: string;
  /** Everything up to the buffer was there and as it has to be. */
  sound: boolean;
  /** Read to its end without anything left over. */
  whole: boolean;
}

export type Pair = (key: string, value: string) => void;

/** Length of the packet at `at`; as `Framing.size`. */
export function packet_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < HEAD_BYTES) return 0;
  const length = u32be(bytes, at);
  const version = u8(bytes, at + 5);
  const fits = length >= PACKET_BYTES_MIN && length <= PACKET_BYTES_MAX;
  if (!fits || u8(bytes, at + 4) !== VERSION_HEAD || version < 1 || version > VERSION_MAX) return -1;
  // Tag 2: the kind, 0 or 1, in the type for zero or int8.
  const kind = u8(bytes, at + 6);
  return kind === 0x2c || kind === 0x20 ? length : -1;
}

/** The packet in [at, end); undefined when it is none. */
export function read_packet(bytes: Uint8Array, at: number, end: number, max: number, pair: Pair): Packet | undefined {
  const reader = new TarsReader(bytes, at + LENGTH_BYTES, end);
  const numbers: number[] = [];
  for (let tag = 1; tag <= 4; tag++) {
    if (!reader.head() || reader.tag !== tag) return undefined;
    const value = reader.integer();
    if (value === undefined) return undefined;
    numbers.push(value);
  }
  const [version = 0, kind = 0, third = 0, fourth = 0] = numbers;
  if (kind < 0 || kind > 3 || !reader.head() || reader.tag !== 5) return undefined;
  const packet: Packet = { version, kind, request_id: 0, sound: false, whole: false };
  if (reader.is_string) {
    packet.request_id = fourth >>> 0;
    request_fields(packet, reader, max, pair);
  } else {
    packet.request_id = third >>> 0;
    response_fields(packet, reader, max, pair);
  }
  packet.whole &&= reader.at === end;
  return packet;
}

function request_fields(packet: Packet, reader: TarsReader, max: number, pair: Pair): void {
  const servant = reader.string(max);
  if (servant === undefined) return;
  packet.servant = servant;
  const func = reader.head() && reader.tag === 6 ? reader.string(max) : undefined;
  if (func === undefined) return;
  packet.func = func;
  packet.sound = true;
  // Buffer, timeout, context, status.
  packet.whole = rest(reader, (tag) => (tag === 9 || tag === 10 ? reader.map(max, pair) : tag <= 8 && reader.skip()));
}

function response_fields(packet: Packet, reader: TarsReader, max: number, pair: Pair): void {
  const code = reader.integer();
  if (code === undefined || !reader.head() || reader.tag !== 6) return;
  packet.code = code;
  if (!reader.skip()) return;
  packet.sound = true;
  packet.whole = rest(reader, (tag) => {
    if (tag === 8 && reader.is_string) {
      const text = reader.string(max);
      if (text !== undefined) packet.result = text;
      return text !== undefined;
    }
    return tag === 7 || tag === 9 ? reader.map(max, pair) : false;
  });
}

/** The fields that are left, in the order of their tags; false at the first that does not fit. */
function rest(reader: TarsReader, field: (tag: number) => boolean): boolean {
  let last = reader.tag;
  while (reader.head()) {
    if (reader.tag <= last) return false;
    last = reader.tag;
    if (!field(last)) return false;
  }
  return true;
}
