// The recording as tshark reads it, each message in an IP packet again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load, type Piece } from '../testing/record.ts';
import { no_tshark } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/ping.json', import.meta.url));
const V6_FROM = 7;

function packet({ direction, bytes }: Piece, six: boolean): Buffer {
  const head = Buffer.alloc(six ? 40 : 20);
  head[0] = six ? 0x60 : 0x45;
  head.writeUInt16BE(six ? bytes.length : bytes.length + 20, six ? 4 : 2);
  head[six ? 6 : 9] = six ? 58 : 1;
  head[six ? 7 : 8] = 64;
  const at = six ? 8 : 12;
  const size = six ? 16 : 4;
  head[at + size - 1] = direction === 0 ? 1 : 2;
  head[at + 2 * size - 1] = direction === 0 ? 2 : 1;
  return Buffer.concat([head, bytes]);
}

/** LINKTYPE_RAW. */
function pcap(pieces: readonly Piece[], six: boolean): Buffer {
  const head = Buffer.from('d4c3b2a1020004000000000000000000ffff000065000000', 'hex');
  const records = pieces.flatMap((piece, i) => {
    const bytes = packet(piece, six);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(i, 0);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return [record, bytes];
  });
  return Buffer.concat([head, ...records]);
}

it.skipIf(no_tshark).each(connections.map((pieces, i) => [i, pieces] as const))('connection %i', (i, pieces) => {
  const six = i >= V6_FROM;
  const folder = mkdtempSync(join(tmpdir(), 'sonde-ping-'));
  try {
    const file = join(folder, 'a.pcap');
    writeFileSync(file, pcap(pieces, six));
    const names = six
      ? ['icmpv6.type', 'icmpv6.echo.identifier', 'icmpv6.echo.sequence_number']
      : ['icmp.type', 'icmp.ident', 'icmp.seq'];
    const args = [
      '-r',
      file,
      '-T',
      'fields',
      '-E',
      'occurrence=a',
      '-E',
      'aggregator=|',
      ...names.flatMap((n) => ['-e', n]),
    ];
    const lines = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split('\n');
    // Of an error, tshark lists what it reports on as well; identifier and sequence are only that one's.
    const theirs = lines.map((line) => line.split('\t').map((field) => field.split('|').map(Number)));
    const { messages } = play([protocol], pieces, {}, { transport: 'icmp' });
    expect(messages.map((m) => m.type === MESSAGE_TYPE.request)).toEqual(
      theirs.map(([types]) => types![0] === 8 || types![0] === 128),
    );
    expect(messages.map((m) => m.request_id)).toEqual(theirs.map(([, , sequences]) => sequences![0]));
    const asked = messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => Number(m.request_resource));
    expect(asked).toEqual(
      theirs.flatMap(([types, identifiers]) => (types![0] === 8 || types![0] === 128 ? [identifiers![0]] : [])),
    );
    expect(messages.filter((m) => m.response_status !== undefined && m.response_status !== 0)).toHaveLength(
      theirs.filter(([types]) => types!.length > 1).length,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
