// A forwarder of datagrams between a resolver and a name server that notes what passes.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { TO_CLIENT, TO_SERVER } from '../../protocol.ts';
import type { PlayedPiece } from '../../testing/play.ts';

/** A socket on a free loopback port. */
export async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

export interface DatagramRecorder {
  readonly port: number;
  readonly pieces: PlayedPiece[];
  close(): void;
}

/** Forwards datagrams of one client at a time to `target` on loopback. */
export async function record_datagrams(target: number): Promise<DatagramRecorder> {
  const pieces: PlayedPiece[] = [];
  const [front, back] = [await bound(), await bound()];
  let client = 0;
  front.on('message', (bytes, from) => {
    client = from.port;
    pieces.push({ direction: TO_SERVER, bytes });
    back.send(bytes, target, '127.0.0.1');
  });
  back.on('message', (bytes) => {
    pieces.push({ direction: TO_CLIENT, bytes });
    front.send(bytes, client, '127.0.0.1');
  });
  return {
    port: front.address().port,
    pieces,
    close() {
      front.close();
      back.close();
    },
  };
}
