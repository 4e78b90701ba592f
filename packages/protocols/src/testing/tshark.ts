// A second opinion: the same bytes as a capture file through tshark, where it is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Direction, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import type { Piece } from './record.ts';

const TSHARK = '/usr/bin/tshark';
export const no_tshark = !existsSync(TSHARK);

const CLIENT_PORT = 40_000;
const SEGMENT_BYTES = 16_000;
/** LINKTYPE_RAW: packets begin with their IP header. */
const LINKTYPE_RAW = 101;
const PORT = 8080;
const [SYN, ACK, PSH] = [2, 16, 8];
const NOTHING = new Uint8Array(0);
/** Between the values of a field in one packet: what no text has. */
const BETWEEN = '\x1e';

/** The bytes of one packet: IPv4, and TCP with these numbers, or UDP. */
interface Packet {
  from_client: boolean;
  seq: number;
  ack: number;
  flags: number;
  data: Uint8Array;
}

export interface DissectSetup {
  port?: number;
  transport?: 'tcp' | 'udp';
  /** Payload of a TCP segment at most. */
  segment_bytes?: number;
  /** Settings of dissectors: "name:value". */
  preferences?: readonly string[];
}

function packet({ from_client, seq, ack, flags, data }: Packet, { port = PORT, transport = 'tcp' }: DissectSetup) {
  const tcp = transport === 'tcp';
  const head = tcp ? 40 : 28;
  const bytes = Buffer.alloc(head + data.length);
  bytes[0] = 0x45;
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt16BE(tcp ? 0x4006 : 0x4011, 8);
  bytes.set(from_client ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1], 12);
  bytes.writeUInt16BE(from_client ? CLIENT_PORT : port, 20);
  bytes.writeUInt16BE(from_client ? port : CLIENT_PORT, 22);
  if (tcp) {
    bytes.writeUInt32BE(seq, 24);
    bytes.writeUInt32BE(ack, 28);
    bytes.writeUInt16BE(0x5000 | flags, 32);
    bytes.writeUInt16BE(0xffff, 34);
  } else {
    bytes.writeUInt16BE(8 + data.length, 24);
  }
  bytes.set(data, head);
  return bytes;
}

/** The packets of one whole TCP connection, or a datagram a piece. */
function packets_of(pieces: readonly Piece[], { transport, segment_bytes = SEGMENT_BYTES }: DissectSetup): Packet[] {
  const packets: Packet[] = [];
  const next: [number, number] = [0, 0];
  const add = (direction: Direction, flags: number, data: Uint8Array): void => {
    const other = direction === TO_SERVER ? TO_CLIENT : TO_SERVER;
    packets.push({ from_client: direction === TO_SERVER, flags, seq: next[direction], ack: next[other], data });
    next[direction] += flags & SYN ? 1 : data.length;
  };
  if (transport === 'udp') {
    for (const { direction, bytes } of pieces) add(direction, 0, bytes);
    return packets;
  }
  add(TO_SERVER, SYN, NOTHING);
  add(TO_CLIENT, SYN | ACK, NOTHING);
  for (const { direction, bytes } of pieces) {
    for (let at = 0; at < bytes.length; at += segment_bytes) {
      add(direction, PSH | ACK, bytes.subarray(at, at + segment_bytes));
    }
  }
  return packets;
}

/** A pcap file of the pieces. */
function pcap(pieces: readonly Piece[], setup: DissectSetup): Buffer {
  const file: Buffer[] = [Buffer.alloc(24)];
  file[0]!.writeUInt32LE(0xa1b2c3d4, 0);
  file[0]!.writeUInt16LE(2, 4);
  file[0]!.writeUInt16LE(4, 6);
  file[0]!.writeUInt32LE(262_144, 16);
  file[0]!.writeUInt32LE(LINKTYPE_RAW, 20);
  for (const [number, one] of packets_of(pieces, setup).entries()) {
    const bytes = packet(one, setup);
    const head = Buffer.alloc(16);
    head.writeUInt32LE(1 + Math.floor(number / 1000), 0);
    head.writeUInt32LE((number % 1000) * 1000, 4);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(bytes.length, 12);
    file.push(head, bytes);
  }
  return Buffer.concat(file);
}

/** What tshark says of one packet. */
export interface Dissected {
  direction: Direction;
  /** All values of each field. */
  values: string[][];
}

/** Packet by packet; `decode_as` names the dissector of the server's port. */
export function dissect(
  pieces: readonly Piece[],
  fields: readonly string[],
  decode_as: string,
  setup: DissectSetup = {},
): Dissected[] {
  const { port = PORT, transport = 'tcp', preferences = [] } = setup;
  const folder = mkdtempSync(join(tmpdir(), 'sonde-tshark-'));
  try {
    const file = join(folder, 'a.pcap');
    writeFileSync(file, pcap(pieces, setup));
    const wanted = [`${transport}.srcport`, ...fields].flatMap((field) => ['-e', field]);
    const settings = preferences.flatMap((preference) => ['-o', preference]);
    const decode = ['-d', `${transport}.port==${port},${decode_as}`, ...settings];
    const args = ['-r', file, ...decode, '-T', 'fields', '-E', `aggregator=${BETWEEN}`, ...wanted];
    return execFileSync(TSHARK, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 })
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [source, ...rest] = line.split('\t');
        const direction = source === String(CLIENT_PORT) ? TO_SERVER : TO_CLIENT;
        return { direction, values: fields.map((_, i) => (rest[i] ?? '').split(BETWEEN).filter((v) => v !== '')) };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All values of each field, in the order of the capture. */
export function tshark(
  pieces: readonly Piece[],
  fields: readonly string[],
  decode_as: string,
  port = PORT,
): string[][] {
  const packets = dissect(pieces, fields, decode_as, { port });
  return fields.map((_, i) => packets.flatMap(({ values }) => values[i]!));
}

/** All values of each field in one direction. */
export function of_direction(packets: readonly Dissected[], direction: Direction, fields: number): string[][] {
  const mine = packets.filter((packet) => packet.direction === direction);
  return Array.from({ length: fields }, (_, i) => mine.flatMap(({ values }) => values[i]!));
}
