// What ICMP sockets read and write, as messages of echo conversations. Three things differ from the wire (raw(7), icmp(7),
// net/ipv4/ping.c): a raw IPv4 socket reads the IP header too; a datagram socket sends with an identifier of the kernel's
// choice, its port, whatever the caller wrote; a raw socket is given every ICMP message that arrives at the host. So a
// conversation begins with an echo request that the process sent, and what belongs to none is nobody's.
import { type DataEvent, EGRESS, type SocketRef, TRANSPORT } from '../event.ts';
import { after_ipv4, type Echo, read_echo } from '../echo.ts';

/** include/linux/net.h */
export const SOCK_DGRAM = 2;

/** Conversations remembered; beyond, the one that was silent longest is forgotten. */
const CONVERSATIONS_MAX = 4096;
const COPY_BYTES = 16_384;

interface Asked {
  readonly socket: SocketRef;
  number: number;
}

export class Echoes {
  readonly #asked = new Map<string, Asked>();
  readonly #copy = new Uint8Array(COPY_BYTES);
  readonly #echo: Echo = { kind: 'request', identifier: 0, addresses_at: 0 };

  /** The event, changed to what the network saw, with the socket of its conversation; undefined when it belongs to none. */
  take(event: DataEvent, socket_type: number): DataEvent | undefined {
    const { transport, remote } = event.socket;
    if (transport === TRANSPORT.icmp) without_ip_header(event);
    if (!read_echo(event.bytes, event.start, event.end, transport, this.#echo)) return undefined;
    const { kind } = this.#echo;
    const sent = event.direction === EGRESS;
    // Others' requests are answered by the kernel.
    if (sent !== (kind === 'request')) return undefined;
    if (sent && socket_type === SOCK_DGRAM) this.#set_identifier(event, event.socket.local_port);
    const { identifier } = this.#echo;
    const peer = kind === 'error' ? this.#asked_for(event) : remote;
    const key = `${event.pid} ${identifier} ${Buffer.from(peer).toString('latin1')}`;
    const asked = this.#asked.get(key) ?? (sent ? new_conversation(event.socket, identifier) : undefined);
    if (asked === undefined) return undefined;
    this.#asked.delete(key);
    this.#asked.set(key, asked);
    if (this.#asked.size > CONVERSATIONS_MAX) {
      const [oldest] = this.#asked.keys();
      this.#asked.delete(oldest!);
    }
    event.socket = asked.socket;
    event.cap_seq = ++asked.number;
    return event;
  }

  /** Who was asked by the packet that an error reports on. */
  #asked_for(event: DataEvent): Uint8Array {
    const size = event.socket.transport === TRANSPORT.icmp ? 4 : 16;
    const at = this.#echo.addresses_at + size;
    const address = new Uint8Array(16);
    address.set(event.bytes.subarray(at, at + size));
    return address;
  }

  #set_identifier(event: DataEvent, identifier: number): void {
    const captured = Math.min(event.end - event.start, COPY_BYTES);
    this.#copy.set(event.bytes.subarray(event.start, event.start + captured));
    this.#copy[4] = identifier >> 8;
    this.#copy[5] = identifier & 0xff;
    this.#echo.identifier = identifier;
    event.bytes = this.#copy;
    event.start = 0;
    event.end = captured;
  }
}

function without_ip_header(event: DataEvent): void {
  const message = after_ipv4(event.bytes, event.start, event.end);
  if (message < 0) return;
  event.length -= message - event.start;
  event.start = message;
}

function new_conversation(socket: SocketRef, identifier: number): Asked {
  const { local, remote } = socket;
  return {
    socket: { ...socket, local: local.slice(), remote: remote.slice(), local_port: identifier, remote_port: 0 },
    number: 0,
  };
}
