// A large capture file of what the repository's recordings hold: every recorded conversation again and again, each time
// as a connection of its own, hundreds open at a time. Ethernet, IPv4, TCP with the timestamps option in segments of
// 1,448 bytes, handshakes, delayed acknowledgements and FINs, as on a wire without loss; checksums are left 0, as in
// captures of the sending host.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { card_list } from '../../packages/protocols/src/index.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../packages/protocols/src/protocol.ts';
import { type Piece, recordings_of, type Recorded } from '../../packages/protocols/src/testing/record.ts';
import { Random } from '../lib/rows.ts';
import { decoding_reason } from './decoding.ts';
import { LEFT_OUT, SPOKEN } from './spoken.ts';

const SOURCES = join(import.meta.dirname, '../../packages/protocols/src');
const OPEN = 400;
const SEGMENT_BYTES = 1448;
const SEGMENTS_A_TURN = 4;
const TURN_US = 40;
const [FIN, SYN, PSH, ACK] = [1, 2, 8, 16];
const LINKTYPE_ETHERNET = 1;
const BUFFER_BYTES = 4 << 20;
const FRAME_BYTES_MAX = 16 + 14 + 20 + 32 + 65_535;

export interface Mix {
  readonly bytes: number;
  readonly packets: number;
  readonly connections: number;
}

interface Source {
  readonly name: string;
  readonly port: number;
  readonly recordings: readonly Recorded[];
  used: number;
}

function find_sources(): Source[] {
  const sources: Source[] = [];
  for (const card of card_list) {
    const spoken = SPOKEN[card.name];
    if (spoken === undefined) continue;
    const recordings = recordings_of(SOURCES, card).filter(
      ({ name, file, pieces }) =>
        pieces.length > 0 && decoding_reason(name, file) === undefined && !LEFT_OUT.has(`${name}/${file}`),
    );
    if (recordings.length > 0) sources.push({ name: card.name, port: spoken.port, recordings, used: 0 });
  }
  return sources;
}

/** The file, record by record. */
class PcapWriter {
  packets = 0;
  bytes = 24;
  private readonly fd: number;
  private readonly buffer = Buffer.alloc(BUFFER_BYTES);
  private at = 24;
  private now_us = 1_700_000_000_000_000;

  constructor(path: string) {
    this.fd = openSync(path, 'w');
    this.buffer.writeUInt32LE(0xa1b2c3d4, 0);
    this.buffer.writeUInt16LE(2, 4);
    this.buffer.writeUInt16LE(4, 6);
    this.buffer.writeUInt32LE(262_144, 16);
    this.buffer.writeUInt32LE(LINKTYPE_ETHERNET, 20);
  }

  wait(us: number): void {
    this.now_us += us;
  }

  packet(link: Link, from_client: boolean, flags: number, data: Uint8Array, start: number, end: number): void {
    if (this.at + FRAME_BYTES_MAX > BUFFER_BYTES) this.flush();
    const tcp = link.transport === 'tcp';
    const begin = this.at;
    const ip = begin + 16 + 14;
    const head = ip + 20;
    const payload = head + (tcp ? 32 : 8);
    const { buffer } = this;
    const length = payload + (end - start) - begin - 16;
    buffer.writeUInt32LE(Math.floor(this.now_us / 1e6), begin);
    buffer.writeUInt32LE(this.now_us % 1e6, begin + 4);
    buffer.writeUInt32LE(length, begin + 8);
    buffer.writeUInt32LE(length, begin + 12);
    buffer.fill(2, begin + 16, ip - 2);
    buffer.writeUInt16BE(0x0800, ip - 2);
    buffer.writeUInt32BE(0x4500_0000 + length - 14, ip);
    buffer.writeUInt32BE((((this.packets & 0xffff) << 16) >>> 0) + 0x4000, ip + 4);
    buffer.writeUInt32BE(tcp ? 0x4006_0000 : 0x4011_0000, ip + 8);
    buffer.writeUInt32BE(from_client ? link.client : link.server, ip + 12);
    buffer.writeUInt32BE(from_client ? link.server : link.client, ip + 16);
    buffer.writeUInt16BE(from_client ? link.client_port : link.server_port, head);
    buffer.writeUInt16BE(from_client ? link.server_port : link.client_port, head + 2);
    if (tcp) this.tcp(link, from_client, flags, head);
    else buffer.writeUInt32BE((8 + end - start) * 0x10000, head + 4);
    buffer.set(data.subarray(start, end), payload);
    this.at = payload + (end - start);
    this.packets++;
    this.now_us++;
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }

  private tcp(link: Link, from_client: boolean, flags: number, head: number): void {
    const { buffer } = this;
    const [mine, other] = from_client ? link.next : [link.next[1], link.next[0]];
    buffer.writeUInt32BE(mine, head + 4);
    buffer.writeUInt32BE(flags & ACK ? other : 0, head + 8);
    buffer.writeUInt32BE((0x8000 | flags) * 0x10000 + 0xfaf0, head + 12);
    buffer.writeUInt32BE(0, head + 16);
    // Timestamps option (RFC 7323 section 3.2) behind two bytes of padding.
    buffer.writeUInt32BE(0x0101_080a, head + 20);
    const ms = Math.floor(this.now_us / 1000) >>> 0;
    buffer.writeUInt32BE(ms, head + 24);
    buffer.writeUInt32BE(flags & ACK ? ms : 0, head + 28);
  }

  private flush(): void {
    writeSync(this.fd, this.buffer, 0, this.at);
    this.bytes += this.at;
    this.at = 0;
  }
}

/** One connection, or the datagrams between two ends, on its way through the capture. */
class Link {
  readonly transport: string;
  readonly client: number;
  readonly server: number;
  readonly client_port: number;
  readonly server_port: number;
  /** Sequence that each direction sends next. */
  readonly next: [number, number];
  private readonly pieces: readonly Piece[];
  private piece = -1;
  private at = 0;
  /** Full segments of this piece without an acknowledgement. */
  private unanswered = 0;

  constructor(recorded: Recorded, port: number, number: number, random: Random) {
    this.transport = recorded.transport;
    this.pieces = recorded.pieces;
    this.client = 0x0a000000 + 1 + (number % 4000);
    this.client_port = 32_768 + (Math.floor(number / 4000) % 28_000);
    this.server = 0x0a800000 + port;
    this.server_port = port;
    this.next = [random.u32(), random.u32()];
  }

  /** Sends a little; false when all is said. */
  turn(file: PcapWriter): boolean {
    if (this.piece < 0) {
      this.piece = 0;
      if (this.transport === 'tcp') this.shake_hands(file);
      return true;
    }
    const piece = this.pieces[this.piece];
    if (piece === undefined) {
      if (this.transport === 'tcp') this.part(file);
      return false;
    }
    this.send(file, piece);
    return this.transport === 'tcp' || this.piece < this.pieces.length;
  }

  private send(file: PcapWriter, { direction, bytes }: Piece): void {
    const from_client = direction === TO_SERVER;
    if (this.transport !== 'tcp') {
      file.packet(this, from_client, 0, bytes, 0, bytes.length);
      this.piece++;
      return;
    }
    for (let i = 0; i < SEGMENTS_A_TURN && this.at < bytes.length; i++) {
      const end = Math.min(bytes.length, this.at + SEGMENT_BYTES);
      this.segment(file, from_client, end === bytes.length ? PSH | ACK : ACK, bytes, this.at, end);
      this.at = end;
      this.unanswered++;
      // Every second full segment is acknowledged at once, the last by what is said in return (RFC 9293 section 3.8.6.3).
      if (this.unanswered === 2 && end < bytes.length) this.acknowledge(file, !from_client);
    }
    if (this.at < bytes.length) return;
    this.at = 0;
    this.piece++;
    if (this.pieces[this.piece]?.direction === direction) this.acknowledge(file, !from_client);
    this.unanswered = 0;
  }

  private segment(
    file: PcapWriter,
    from_client: boolean,
    flags: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void {
    file.packet(this, from_client, flags, data, start, end);
    const direction: Direction = from_client ? TO_SERVER : TO_CLIENT;
    const counted = flags & (SYN | FIN) ? 1 : 0;
    this.next[direction] = (this.next[direction] + end - start + counted) >>> 0;
  }

  private acknowledge(file: PcapWriter, from_client: boolean): void {
    this.segment(file, from_client, ACK, NOTHING, 0, 0);
    this.unanswered = 0;
  }

  private shake_hands(file: PcapWriter): void {
    this.segment(file, true, SYN, NOTHING, 0, 0);
    this.segment(file, false, SYN | ACK, NOTHING, 0, 0);
    this.acknowledge(file, true);
  }

  private part(file: PcapWriter): void {
    this.segment(file, true, FIN | ACK, NOTHING, 0, 0);
    this.segment(file, false, FIN | ACK, NOTHING, 0, 0);
    this.acknowledge(file, true);
  }
}

const NOTHING = new Uint8Array(0);

/** Protocols take turns, one connection each; of each protocol its recordings. */
export function write_mix(path: string, bytes: number): Mix {
  const random = new Random(20_250);
  const sources = find_sources();
  const file = new PcapWriter(path);
  const links: Link[] = [];
  let connections = 0;
  const open = (): void => {
    const source = sources[connections % sources.length]!;
    const recorded = source.recordings[source.used++ % source.recordings.length]!;
    links.push(new Link(recorded, source.port, connections++, random));
  };
  while (links.length < OPEN) open();
  while (links.length > 0) {
    const i = random.below(links.length);
    file.wait(random.below(TURN_US));
    if (links[i]!.turn(file)) continue;
    links[i] = links.at(-1)!;
    links.pop();
    if (file.bytes < bytes) open();
  }
  file.close();
  return { bytes: file.bytes, packets: file.packets, connections };
}
