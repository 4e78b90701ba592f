// Recordings of real exchanges: a TCP forwarder between a client library and a server that notes every piece that passes.
// One recording is a JSON file: how it was made, and the pieces in order, each [direction, base64].
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Card, type Direction, TO_CLIENT, TO_SERVER, type Transport } from '../protocol.ts';

export interface Recording {
  made_with: string;
  /** One list a connection, in order of connecting. */
  connections: [Direction, string][][];
}

export interface Recorder {
  port: number;
  /** Ends the forwarder; nothing is recorded afterwards. */
  stop(made_with: string): Promise<Recording>;
}

/** Forwards connections on a free loopback port to `target` on loopback. */
export async function record(target: number): Promise<Recorder> {
  const connections: Recording['connections'] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const pieces: [Direction, string][] = [];
    connections.push(pieces);
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to, direction] of [
      [client, upstream, TO_SERVER],
      [upstream, client, TO_CLIENT],
    ] as const) {
      sockets.add(from);
      from.on('data', (piece: Buffer) => {
        pieces.push([direction, piece.toString('base64')]);
        to.write(piece);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop(made_with) {
      server.close();
      for (const socket of sockets) socket.destroy();
      return { made_with, connections };
    },
  };
}

export function save(file: string | URL, recording: Recording): void {
  const connections = recording.connections.map((pieces) => pieces.map((piece) => JSON.stringify(piece)).join(',\n'));
  const text = connections.map((pieces) => `[\n${pieces}\n]`).join(',');
  writeFileSync(file, `{"made_with":${JSON.stringify(recording.made_with)},"connections":[${text}]}\n`);
}

export interface Piece {
  direction: Direction;
  bytes: Uint8Array;
}

/** The pieces by exchange: from one of the client to what comes before its next. */
export function exchanges(pieces: readonly Piece[]): Piece[][] {
  const found: Piece[][] = [];
  pieces.forEach((piece, i) => {
    if (i === 0 || (piece.direction === TO_SERVER && pieces[i - 1]!.direction !== TO_SERVER)) found.push([]);
    found.at(-1)!.push(piece);
  });
  return found;
}

/** Whole exchanges from the beginning, up to about `count` pieces. */
export function first_exchanges(pieces: readonly Piece[], count: number): Piece[] {
  const found: Piece[] = [];
  for (const exchange of exchanges(pieces)) if (found.length < count) found.push(...exchange);
  return found;
}

/** Without the exchanges in which a piece is longer. */
export function short_exchanges(pieces: readonly Piece[], bytes_max: number): Piece[] {
  return exchanges(pieces)
    .filter((exchange) => exchange.every(({ bytes }) => bytes.length <= bytes_max))
    .flat();
}

export function load(file: string | URL): Piece[][] {
  const recording = JSON.parse(readFileSync(file, 'utf8')) as Recording;
  return recording.connections.map((pieces) =>
    pieces.map(([direction, base64]) => ({ direction, bytes: new Uint8Array(Buffer.from(base64, 'base64')) })),
  );
}

/** One connection, or the datagrams between two ends, of a protocol's recordings. */
export interface Recorded {
  /** Folder name of the protocol. */
  name: string;
  file: string;
  /** Its place in the file. */
  index: number;
  transport: Transport;
  pieces: Piece[];
}

/**
 * All recordings of a protocol; none when its bytes stand in its tests. Where a protocol is spoken over both, the files of
 * datagrams are those whose names begin with `udp`.
 */
export function recordings_of(sources: string, { name, transport: spoken_over }: Card): Recorded[] {
  const folder = join(sources, name, 'captures');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().flatMap((file) => {
    const either = file.startsWith('udp') ? 'udp' : 'tcp';
    const transport = spoken_over === 'both' ? either : spoken_over;
    return load(join(folder, file)).map((pieces, index) => ({ name, file, index, transport, pieces }) as const);
  });
}
