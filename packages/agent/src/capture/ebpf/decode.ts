// Kernel events (docs/formats/kernel-events.md, bpf/events.h) read in place. One object of each kind is filled again
// and again; only a socket's reference lives on, cached by id.
import {
  type CaptureEvent,
  type DataEvent,
  is_icmp,
  type ProcessEvent,
  type SocketEvent,
  type SocketRef,
} from '../event.ts';
import { Echoes } from './echoes.ts';

const KIND_DATA = 1;
const SOCKET_KINDS: Record<number, SocketEvent['kind']> = { 2: 'open', 3: 'fail', 4: 'close' };
const PROCESS_KINDS: Record<number, ProcessEvent['kind']> = { 5: 'exec', 6: 'fork', 7: 'exit' };
export const SOCKET_EVENT_BYTES = 88;
export const PROCESS_EVENT_BYTES = 56;
/**
 * Sockets that are new, or in use again, until those not used meanwhile are forgotten. Most datagram flows end without a word of
 * it; who speaks again after that is made anew from the event (same id, another object).
 */
const GENERATION = 16_384;
const WORD = 2 ** 32;
// bpf/events.h
const FLAG_CONTINUES = 1;
const FLAG_DISCARDED = 2;

export class EventDecoder {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #shorts: Uint16Array;
  readonly #text: Buffer;
  #sockets = new Map<number, SocketRef>();
  #sockets_before = new Map<number, SocketRef>();
  readonly #echoes = new Echoes();
  readonly #data: DataEvent;
  readonly #life: SocketEvent;
  readonly #process: ProcessEvent;

  /** `buffer` must outlive the decoder; events refer into it. */
  constructor(buffer: ArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
    this.#shorts = new Uint16Array(buffer, 0, buffer.byteLength >>> 1);
    this.#text = Buffer.from(buffer);
    const head = { moment_ns: 0, pid: 0, tid: 0, socket: emptySocket() };
    const place = { bytes: this.#bytes, start: 0, end: 0 };
    const numbers = { direction: 0, length: 0, offset: 0, tcp_seq: 0, cap_seq: 0 };
    this.#data = { kind: 'data', ...head, ...numbers, continues: false, discarded: false, ...place };
    this.#life = { kind: 'open', ...head };
    const words = { comm: '', args: '', filename: '', cgroup_id: 0, uid: 0 };
    this.#process = { kind: 'exec', moment_ns: 0, pid: 0, ppid: 0, ...words };
  }

  /**
   * The event in `length` bytes at `offset` (a multiple of 8); undefined if it is none this version knows, null if it is an
   * ICMP message that belongs to nobody's conversation.
   */
  decode(offset: number, length: number): CaptureEvent | undefined | null {
    const kind = this.#bytes[offset]!;
    if (kind === KIND_DATA) {
      if (length < SOCKET_EVENT_BYTES) return undefined;
      const event = this.#decodeData(offset, length);
      return is_icmp(event.socket.transport) ? (this.#echoes.take(event, this.#bytes[offset + 54]!) ?? null) : event;
    }
    const life = SOCKET_KINDS[kind];
    if (life) return length >= SOCKET_EVENT_BYTES ? this.#decodeLife(offset, life) : undefined;
    const process = PROCESS_KINDS[kind];
    if (process) return length >= PROCESS_EVENT_BYTES ? this.#decodeProcess(offset, length, process) : undefined;
    return undefined;
  }

  /** After the consumer of a close or fail event returned. */
  forget(socket: SocketRef): void {
    this.#sockets.delete(socket.id);
    this.#sockets_before.delete(socket.id);
  }

  #number64(word: number): number {
    return this.#words[word]! + this.#words[word + 1]! * WORD;
  }

  #decodeData(offset: number, length: number): DataEvent {
    const words = this.#words;
    const word = offset >>> 2;
    const event = this.#data;
    event.direction = this.#bytes[offset + 1]!;
    const flags = this.#bytes[offset + 3]!;
    event.continues = (flags & FLAG_CONTINUES) !== 0;
    event.discarded = (flags & FLAG_DISCARDED) !== 0;
    event.moment_ns = this.#number64(word + 2);
    event.pid = words[word + 4]!;
    event.tid = words[word + 5]!;
    event.socket = this.#socket(offset);
    event.cap_seq = words[word + 8]!;
    event.tcp_seq = words[word + 9]!;
    event.length = words[word + 10]!;
    event.offset = Math.min(words[word + 11]!, event.length);
    event.bytes = this.#bytes;
    event.start = offset + SOCKET_EVENT_BYTES;
    event.end = event.start + Math.min(words[word + 1]!, length - SOCKET_EVENT_BYTES);
    return event;
  }

  #decodeLife(offset: number, kind: SocketEvent['kind']): SocketEvent {
    const word = offset >>> 2;
    const event = this.#life;
    event.kind = kind;
    event.moment_ns = this.#number64(word + 2);
    event.pid = this.#words[word + 4]!;
    event.tid = this.#words[word + 5]!;
    event.socket = this.#socket(offset);
    return event;
  }

  #decodeProcess(offset: number, length: number, kind: ProcessEvent['kind']): ProcessEvent {
    const words = this.#words;
    const word = offset >>> 2;
    const event = this.#process;
    event.kind = kind;
    event.uid = words[word + 1]!;
    event.moment_ns = this.#number64(word + 2);
    event.pid = words[word + 4]!;
    event.ppid = words[word + 5]!;
    event.cgroup_id = this.#number64(word + 6);
    const end = offset + length;
    const filename = offset + PROCESS_EVENT_BYTES;
    const args = Math.min(end, filename + words[word + 8]!);
    event.comm = this.#untilNul(offset + 40, offset + 56);
    event.filename = this.#text.toString('utf8', filename, args);
    event.args = withoutLastNul(this.#text.toString('utf8', args, Math.min(end, args + words[word + 9]!)));
    return event;
  }

  #untilNul(start: number, end: number): string {
    const nul = this.#bytes.indexOf(0, start);
    return this.#text.toString('utf8', start, nul >= 0 && nul < end ? nul : end);
  }

  #socket(offset: number): SocketRef {
    const id = this.#number64((offset >>> 2) + 6);
    const role = this.#bytes[offset + 2]!;
    let socket = this.#sockets.get(id);
    if (!socket) {
      socket = this.#sockets_before.get(id) ?? this.#newSocket(id, offset);
      this.#keep(socket);
    }
    if (socket.local_port === 0) {
      // First told before the kernel had chosen the local end.
      this.#readTuple(socket, offset);
    }
    if (role !== 0) socket.role = role;
    return socket;
  }

  #keep(socket: SocketRef): void {
    if (this.#sockets.size >= GENERATION) {
      this.#sockets_before = this.#sockets;
      this.#sockets = new Map();
    }
    this.#sockets.set(socket.id, socket);
  }

  #newSocket(id: number, offset: number): SocketRef {
    const socket = emptySocket();
    socket.id = id;
    this.#readTuple(socket, offset);
    return socket;
  }

  #readTuple(socket: SocketRef, offset: number): void {
    socket.local_port = this.#shorts[(offset + 48) >>> 1]!;
    socket.remote_port = this.#shorts[(offset + 50) >>> 1]!;
    socket.family = this.#bytes[offset + 52]!;
    socket.transport = this.#bytes[offset + 53]!;
    socket.local.set(this.#bytes.subarray(offset + 56, offset + 72));
    socket.remote.set(this.#bytes.subarray(offset + 72, offset + 88));
  }
}

function emptySocket(): SocketRef {
  const ports = { local_port: 0, remote_port: 0 };
  const ends = new Uint8Array(32);
  return { id: 0, transport: 0, family: 0, local: ends.subarray(0, 16), remote: ends.subarray(16), ...ports, role: 0 };
}

function withoutLastNul(text: string): string {
  return text.endsWith('\0') ? text.slice(0, -1) : text;
}
