// One conversation between two addresses as packets show it, given to the consumer as events of the client's socket:
// what the client sent is EGRESS, what it received INGRESS.
import {
  type DataEvent,
  EGRESS,
  INGRESS,
  ROLE,
  type SocketEvent,
  type SocketRef,
  TRANSPORT,
  type CaptureEvent,
} from '../event.ts';
import { type Segment, TCP_FLAG } from './decode.ts';
import { type HeldBudget, Reassembly } from './reassembly.ts';

export type Consume = (event: CaptureEvent) => void;

export interface FlowCounts {
  repeated_bytes: number;
  lost_bytes: number;
}

export class Flow {
  closed = false;
  readonly socket: SocketRef;
  readonly #data: DataEvent;
  readonly #consume: Consume;
  /** By direction: EGRESS, INGRESS. Empty for datagrams. */
  readonly #halves: readonly Reassembly[];
  #cap_seq = 0;
  #opened = false;
  #fins = 0;
  /** By direction: number of the first byte as the SYN tells it; -1 when no SYN was seen. */
  readonly #first = [-1, -1];

  constructor(socket: SocketRef, consume: Consume, budget: HeldBudget) {
    this.socket = socket;
    this.#consume = consume;
    this.#data = {
      kind: 'data',
      moment_ns: 0,
      pid: 0,
      tid: 0,
      socket,
      direction: EGRESS,
      length: 0,
      offset: 0,
      continues: false,
      discarded: false,
      tcp_seq: 0,
      cap_seq: 0,
      bytes: new Uint8Array(0),
      start: 0,
      end: 0,
    };
    const half = (direction: number): Reassembly =>
      new Reassembly((bytes, start, end, length, seq, moment_ns, continuous) => {
        if (!continuous) this.#cap_seq++;
        this.#emit(direction, bytes, start, end, length, seq, moment_ns);
      }, budget);
    this.#halves = socket.transport === TRANSPORT.tcp ? [half(EGRESS), half(INGRESS)] : [];
  }

  push(segment: Segment, from_client: boolean, moment_ns: number): void {
    const direction = from_client ? EGRESS : INGRESS;
    const half = this.#halves[direction];
    if (!half) {
      const { bytes, start, end, length } = segment;
      this.#emit(direction, bytes, start, end, length, 0, moment_ns);
      return;
    }
    const { flags } = segment;
    if (flags & TCP_FLAG.syn) this.#syn(direction, half, segment, moment_ns);
    // An answer that acknowledges bytes never seen proves that the capture missed them: they come first.
    const other = this.#halves[1 - direction]!;
    if (flags & TCP_FLAG.ack && (segment.length > 0 || flags & TCP_FLAG.fin))
      other.acknowledged(segment.ack, moment_ns);
    // Data in a SYN (RFC 7413) begins after the SYN's own number.
    const seq = flags & TCP_FLAG.syn ? (segment.seq + 1) >>> 0 : segment.seq;
    half.push(segment.bytes, segment.start, segment.end, segment.length, seq, moment_ns);
    if (flags & TCP_FLAG.fin) half.ended(seq + segment.length);
    if (flags & TCP_FLAG.rst) {
      if (!this.#opened || half.is_near(segment.seq)) this.#reset(from_client, moment_ns);
      return;
    }
    if (flags & TCP_FLAG.fin) this.#fins |= 1 << direction;
    // What was sent before a FIN may still come behind it.
    if (this.#fins === 3 && half.complete && other.complete) this.#close('close', moment_ns);
  }

  /** Whether a SYN (without ACK) begins another connection on the same ports. */
  restarts(segment: Segment, from_client: boolean): boolean {
    const direction = from_client ? EGRESS : INGRESS;
    if (this.closed) return true;
    if (this.#first[direction]! >= 0) return this.#first[direction] !== (segment.seq + 1) >>> 0;
    return (this.#halves[direction]?.next ?? -1) >= 0;
  }

  /** Gives what is still held and ends the conversation, if it did not end by itself. */
  finish(moment_ns: number): void {
    this.#close('close', moment_ns);
  }

  counts(): FlowCounts {
    const sum = { repeated_bytes: 0, lost_bytes: 0 };
    for (const half of this.#halves) {
      sum.repeated_bytes += half.repeated_bytes;
      sum.lost_bytes += half.lost_bytes;
    }
    return sum;
  }

  #syn(direction: number, half: Reassembly, segment: Segment, moment_ns: number): void {
    if (half.next < 0) half.begin(segment.seq + 1);
    if (this.#first[direction]! < 0) this.#first[direction] = (segment.seq + 1) >>> 0;
    if (direction === INGRESS && !this.#opened) {
      this.#opened = true;
      this.#life('open', moment_ns);
    }
  }

  #reset(from_client: boolean, moment_ns: number): void {
    // Refused: the answer to a SYN that never became a connection.
    const refused = !from_client && !this.#opened && this.#cap_seq === 0;
    this.#close(refused ? 'fail' : 'close', moment_ns);
  }

  #close(kind: 'fail' | 'close', moment_ns: number): void {
    if (this.closed) return;
    this.closed = true;
    for (const half of this.#halves) half.flush(moment_ns);
    this.#life(kind, moment_ns);
  }

  #life(kind: SocketEvent['kind'], moment_ns: number): void {
    this.#consume({ kind, moment_ns, pid: 0, tid: 0, socket: this.socket });
  }

  #emit(
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
    seq: number,
    moment_ns: number,
  ): void {
    const data = this.#data;
    data.moment_ns = moment_ns;
    data.direction = direction;
    data.length = length;
    data.tcp_seq = seq;
    data.cap_seq = ++this.#cap_seq;
    data.bytes = bytes;
    data.start = start;
    data.end = end;
    this.#consume(data);
  }
}

export const client_socket = (id: number, segment: Segment, source_is_client: boolean): SocketRef => {
  const address = (at: number): Uint8Array => {
    const copy = new Uint8Array(16);
    copy.set(segment.bytes.subarray(at, at + (segment.family === 4 ? 4 : 16)));
    return copy;
  };
  const source = address(segment.source_at);
  const target = address(segment.target_at);
  return {
    id,
    transport: segment.transport,
    family: segment.family,
    local: source_is_client ? source : target,
    remote: source_is_client ? target : source,
    local_port: source_is_client ? segment.source_port : segment.target_port,
    remote_port: source_is_client ? segment.target_port : segment.source_port,
    role: ROLE.client,
  };
};
