// Fragments of IP packets put together again (RFC 791 section 3.2, RFC 8200 section 4.5). What is whole becomes a packet of its own
// with the plainest header. Fragments that overlap are no accident: their packet is dropped (RFC 5722; Linux does the same
// with IPv4). Bounded in packets, bytes and time.

/** One fragment: where it belongs, and what of it was captured. */
export interface Fragment {
  family: 4 | 6;
  /** IPv4: protocol and identification; IPv6: identification. */
  identification: number;
  /** Of the whole packet's payload: TCP, UDP, ... as the first fragment says. */
  protocol: number;
  /** Place in the payload; whether more fragments follow. */
  offset: number;
  more: boolean;
  bytes: Uint8Array;
  /** Source and target address, next to each other. */
  addresses_at: number;
  /** The captured part; `length` is its true length. */
  start: number;
  end: number;
  length: number;
}

/** An IP packet in memory of its own. */
export interface Whole {
  bytes: Uint8Array;
  /** Bytes that are known; `length` is the true length. */
  end: number;
  length: number;
}

interface Piece {
  offset: number;
  length: number;
  captured: Uint8Array;
}

interface Waiting {
  begun_ns: number;
  pieces: Piece[];
  /** Bytes of the payload that came, and all of them; -1 before the last fragment. */
  length: number;
  total: number;
  protocol: number;
  addresses: Uint8Array;
}

const PACKETS_MAX = 1024;
const BYTES_MAX = 16 << 20;
/** RFC 8200 allows 60 s; Linux waits 30 for IPv4. */
const PATIENCE_NS = 60e9;
/** Largest payload, RFC 791 and RFC 8200: lengths have 16 bits, in IPv4 with the header. */
const PAYLOAD_BYTES_MAX = { 4: 65_515, 6: 65_535 } as const;
const PIECE_OVERHEAD = 128;
const V4_HEADER_BYTES = 20;
const V6_HEADER_BYTES = 40;

export class Fragments {
  /** Fragments of packets that never became whole. */
  lost = 0;
  /** Oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;

  /** Takes one fragment, copies what it needs; gives the packet that it completes. */
  add(fragment: Fragment, moment_ns: number): Whole | undefined {
    this.#forget_old(moment_ns);
    const key = key_of(fragment);
    const waiting = this.#waiting.get(key) ?? this.#begin(key, fragment, moment_ns);
    const placed = place(waiting, fragment);
    if (placed === 'copy') return undefined;
    if (placed === 'bad') {
      this.#drop(key, waiting);
      this.lost++;
      return undefined;
    }
    this.#bytes += fragment.end - fragment.start + PIECE_OVERHEAD;
    if (waiting.length === waiting.total) {
      this.#remove(key, waiting);
      return whole(waiting, fragment.family);
    }
    for (const [oldest, packet] of this.#waiting) {
      if (this.#bytes <= BYTES_MAX && this.#waiting.size <= PACKETS_MAX) break;
      this.#drop(oldest, packet);
    }
    return undefined;
  }

  /** Nothing more will come. */
  finish(): void {
    for (const [key, packet] of this.#waiting) this.#drop(key, packet);
  }

  #begin(key: string, { bytes, addresses_at, family, protocol }: Fragment, begun_ns: number): Waiting {
    const addresses = bytes.slice(addresses_at, addresses_at + (family === 4 ? 8 : 32));
    const waiting: Waiting = { begun_ns, pieces: [], length: 0, total: -1, protocol, addresses };
    this.#waiting.set(key, waiting);
    return waiting;
  }

  #forget_old(moment_ns: number): void {
    for (const [key, packet] of this.#waiting) {
      if (moment_ns - packet.begun_ns <= PATIENCE_NS) break;
      this.#drop(key, packet);
    }
  }

  #drop(key: string, packet: Waiting): void {
    this.lost += packet.pieces.length;
    this.#remove(key, packet);
  }

  #remove(key: string, packet: Waiting): void {
    for (const { captured } of packet.pieces) this.#bytes -= captured.length + PIECE_OVERHEAD;
    this.#waiting.delete(key);
  }
}

function key_of({ family, identification, bytes, addresses_at }: Fragment): string {
  return `${identification} ${bytes.subarray(addresses_at, addresses_at + (family === 4 ? 8 : 32)).join()}`;
}

/** 'copy': it came before; 'bad': it contradicts those before it. */
function place(waiting: Waiting, fragment: Fragment): 'new' | 'copy' | 'bad' {
  const { family, offset, length, more, bytes, start, end } = fragment;
  const to = offset + length;
  if (length <= 0 || to > PAYLOAD_BYTES_MAX[family] || (more && length % 8 !== 0)) return 'bad';
  if (!more && waiting.total >= 0 && waiting.total !== to) return 'bad';
  const total = more ? waiting.total : to;
  const { pieces } = waiting;
  let at = pieces.length;
  while (at > 0 && pieces[at - 1]!.offset > offset) at--;
  const [before, after] = [pieces[at - 1], pieces[at]];
  if (before?.offset === offset && before.length === length) return 'copy';
  if (before !== undefined && before.offset + before.length > offset) return 'bad';
  if ((after !== undefined && to > after.offset) || (total >= 0 && to > total)) return 'bad';
  if (total >= 0 && pieces.length > 0 && pieces.at(-1)!.offset + pieces.at(-1)!.length > total) return 'bad';
  pieces.splice(at, 0, { offset, length, captured: bytes.slice(start, end) });
  waiting.total = total;
  waiting.length += length;
  if (offset === 0) waiting.protocol = fragment.protocol;
  return 'new';
}

/** Up to the first byte that was not captured. */
function whole({ pieces, total, protocol, addresses }: Waiting, family: 4 | 6): Whole {
  const header = family === 4 ? V4_HEADER_BYTES : V6_HEADER_BYTES;
  const bytes = new Uint8Array(header + total);
  if (family === 4) {
    bytes.set([0x45, 0, (header + total) >> 8, (header + total) & 255, 0, 0, 0, 0, 64, protocol]);
    bytes.set(addresses, 12);
  } else {
    bytes.set([0x60, 0, 0, 0, total >> 8, total & 255, protocol, 64]);
    bytes.set(addresses, 8);
  }
  let end = header;
  for (const { offset, length, captured } of pieces) {
    bytes.set(captured, header + offset);
    end = header + offset + captured.length;
    if (captured.length < length) break;
  }
  return { bytes, end, length: header + total };
}
