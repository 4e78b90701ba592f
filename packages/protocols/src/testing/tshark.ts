// A second opinion: the same bytes as a capture file through tshark, where it is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TO_SERVER } from '../protocol.ts';
import type { Piece } from './record.ts';

const TSHARK = '/usr/bin/tshark';
export const no_tshark = !existsSync(TSHARK);

const CLIENT_PORT = 40_000;
const SEGMENT_BYTES_MAX = 16_000;
/** LINKTYPE_RAW: packets begin with their IP header. */
const LINKTYPE_RAW = 101;

function packet(from_client: boolean, server_port: number, seq: number, ack: number, flags: number, data: Uint8Array) {
  const bytes = Buffer.alloc(40 + data.length);
  bytes[0] = 0x45;
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt16BE(0x4006, 8);
  bytes.set(from_client ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1], 12);
  bytes.writeUInt16BE(from_client ? CLIENT_PORT : server_port, 20);
  bytes.writeUInt16BE(from_client ? server_port : CLIENT_PORT, 22);
  bytes.writeUInt32BE(seq, 24);
  bytes.writeUInt32BE(ack, 28);
  bytes.writeUInt16BE(0x5000 | flags, 32);
  bytes.writeUInt16BE(0xffff, 34);
  bytes.set(data, 40);
  return bytes;
}

/** A pcap file of one whole TCP connection. */
export function pcap(pieces: readonly Piece[], server_port: number): Buffer {
  const file: Buffer[] = [Buffer.alloc(24)];
  file[0]!.writeUInt32LE(0xa1b2c3d4, 0);
  file[0]!.writeUInt16LE(2, 4);
  file[0]!.writeUInt16LE(4, 6);
  file[0]!.writeUInt32LE(262_144, 16);
  file[0]!.writeUInt32LE(LINKTYPE_RAW, 20);
  let number = 0;
  const add = (bytes: Buffer): void => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(1 + Math.floor(number / 1000), 0);
    head.writeUInt32LE((number++ % 1000) * 1000, 4);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(bytes.length, 12);
    file.push(head, bytes);
  };
  const [SYN, ACK, PSH] = [2, 16, 8];
  const none = new Uint8Array(0);
  add(packet(true, server_port, 0, 0, SYN, none));
  add(packet(false, server_port, 0, 1, SYN | ACK, none));
  const next: [number, number] = [1, 1];
  for (const { direction, bytes } of pieces) {
    for (let at = 0; at < bytes.length; at += SEGMENT_BYTES_MAX) {
      const data = bytes.subarray(at, at + SEGMENT_BYTES_MAX);
      const other = direction === TO_SERVER ? 1 : 0;
      add(packet(direction === TO_SERVER, server_port, next[direction]!, next[other]!, PSH | ACK, data));
      next[direction]! += data.length;
    }
  }
  return Buffer.concat(file);
}

/** All values of each field, in the order of the capture; `decode_as` names the dissector of the server's port. */
export function tshark(
  pieces: readonly Piece[],
  fields: readonly string[],
  decode_as: string,
  port = 8080,
): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-tshark-'));
  try {
    const file = join(folder, 'a.pcap');
    writeFileSync(file, pcap(pieces, port));
    const wanted = fields.flatMap((field) => ['-e', field]);
    const args = ['-r', file, '-d', `tcp.port==${port},${decode_as}`, '-T', 'fields', '-E', 'aggregator=|', ...wanted];
    const lines = execFileSync(TSHARK, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');
    return fields.map((_, i) =>
      lines.flatMap((line) => (line.split('\t')[i] ?? '').split('|').filter((v) => v !== '')),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
