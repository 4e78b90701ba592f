// Flows by socket; datagram sockets have one flow a peer.
import { is_icmp, type SocketRef, TRANSPORT } from '../capture/event.ts';
import type { FlowEntry } from './entry.ts';

/** Peers of one datagram socket. */
const PEERS_MAX = 4096;

interface DatagramSocket {
  cap_next: number;
  readonly peers: Map<string | number, FlowEntry>;
}

export class FlowTable {
  private readonly max: number;
  private readonly streams = new Map<number, FlowEntry>();
  private readonly datagrams = new Map<number, DatagramSocket>();
  private datagram_flows = 0;
  /** The latest flow of two datagram ends. */
  private readonly talks = new Map<string, FlowEntry>();

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.streams.size + this.datagram_flows;
  }

  /** The flow of a TCP socket. */
  get(socket_id: number): FlowEntry | undefined {
    return this.streams.get(socket_id);
  }

  /** The flow of a datagram socket with the peer it names now. */
  peer(socket: SocketRef): FlowEntry | undefined {
    return this.datagrams.get(socket.id)?.peers.get(peer_key(socket));
  }

  /**
   * The same two datagram ends are known under another socket: a second socket shares the port, the port is used again,
   * or the kernel's table of datagram flows, which is full without a word, forgot this one and gave it a new id.
   */
  talks_elsewhere(socket: SocketRef): boolean {
    return this.talks.has(talk_key(socket));
  }

  /** Events missing before this number of a datagram socket; negative when one counted as missing came late. */
  number(socket_id: number, cap_seq: number): number {
    const socket = this.datagrams.get(socket_id);
    if (socket === undefined) return 0;
    // 0 = met now, perhaps in its middle.
    const missing = socket.cap_next === 0 ? 0 : cap_seq - socket.cap_next;
    if (missing < 0) return -1;
    socket.cap_next = cap_seq + 1;
    return missing;
  }

  /** Returns the flow that must end to make room. */
  add(socket: SocketRef, entry: FlowEntry): FlowEntry | undefined {
    const full = this.size >= this.max;
    if (entry.transport === TRANSPORT.tcp) {
      this.streams.set(socket.id, entry);
      return full ? this.oldest() : undefined;
    }
    let datagram = this.datagrams.get(socket.id);
    if (datagram === undefined) {
      datagram = { cap_next: 0, peers: new Map() };
      this.datagrams.set(socket.id, datagram);
    }
    const { peers } = datagram;
    const first = peers.size >= PEERS_MAX ? first_of(peers) : undefined;
    peers.set(peer_key(entry), entry);
    this.talks.set(talk_key(entry), entry);
    this.datagram_flows++;
    return first ?? (full ? this.oldest() : undefined);
  }

  /** False when it was not there any more. */
  delete(entry: FlowEntry): boolean {
    if (entry.transport === TRANSPORT.tcp) return this.streams.delete(entry.socket_id);
    const datagram = this.datagrams.get(entry.socket_id);
    if (datagram?.peers.delete(peer_key(entry)) !== true) return false;
    this.datagram_flows--;
    const key = talk_key(entry);
    if (this.talks.get(key) === entry) this.talks.delete(key);
    return true;
  }

  /** `each` may delete what it is given. */
  sweep(each: (entry: FlowEntry) => void): void {
    for (const entry of this.streams.values()) each(entry);
    for (const [id, datagram] of this.datagrams) {
      for (const entry of datagram.peers.values()) each(entry);
      if (datagram.peers.size === 0) this.datagrams.delete(id);
    }
  }

  private oldest(): FlowEntry | undefined {
    const stream = first_of(this.streams);
    if (stream !== undefined) return stream;
    for (const datagram of this.datagrams.values()) {
      const entry = first_of(datagram.peers);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

function first_of<K>(map: ReadonlyMap<K, FlowEntry>): FlowEntry | undefined {
  for (const entry of map.values()) return entry;
  return undefined;
}

function talk_key(of: Parameters<typeof peer_key>[0] & Pick<SocketRef, 'local'>): string {
  const local = Buffer.from(of.local.buffer, of.local.byteOffset, 16).toString('latin1');
  return `${local}${of.local_port} ${peer_key(of)}`;
}

/** Exact for IPv4 (48 bits); text for IPv6. Echoes of several identifiers may go to one peer. */
function peer_key(
  of: Pick<SocketRef, 'transport' | 'family' | 'remote' | 'local_port' | 'remote_port'>,
): string | number {
  const { remote } = of;
  const port = is_icmp(of.transport) ? of.local_port : of.remote_port;
  if (of.family === 4) {
    return (((remote[0]! << 24) | (remote[1]! << 16) | (remote[2]! << 8) | remote[3]!) >>> 0) * 65_536 + port;
  }
  return `${Buffer.from(remote.buffer, remote.byteOffset, 16).toString('latin1')}${port}`;
}
