// Which end of a connection is this process? The kernel knows when it saw the connection begin; else who listens tells,
// else the first bytes do (the parser's on_flip corrects), else the lower port.
import { EGRESS, ROLE, type SocketRef, TRANSPORT } from '../capture/event.ts';

export interface Role {
  is_client: boolean;
  /** 0..255; 255 = certain. */
  score: number;
}

/** `listening` says whether a process of this host accepts on the port. `direction` of the first data, if any. */
export function role_of(
  socket: SocketRef,
  direction: number | undefined,
  listening: (transport: number, port: number) => boolean,
): Role {
  if (socket.role === ROLE.client) return { is_client: true, score: 255 };
  if (socket.role === ROLE.server) return { is_client: false, score: 255 };
  const here = listening(socket.transport, socket.local_port);
  const there = same(socket.local, socket.remote) && listening(socket.transport, socket.remote_port);
  if (here !== there) return { is_client: there, score: 200 };
  if (socket.transport !== TRANSPORT.tcp && direction !== undefined)
    return { is_client: direction === EGRESS, score: 100 };
  return { is_client: socket.remote_port <= socket.local_port, score: 50 };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return false;
  return true;
}
