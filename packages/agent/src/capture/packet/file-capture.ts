// A capture file as a source of events, like the kernel's ring.
import type { Capture } from '../event.ts';
import { decode_frame, new_segment, type Refusal, type Segment, TCP_FLAG } from './decode.ts';
import { CaptureFile, type FilePacket } from './file.ts';
import { client_socket, type Consume, Flow } from './flow.ts';

export interface FileCaptureOptions {
  /** Payload bytes a packet that are looked at; the rest counts as not captured. */
  readonly payload_max?: number;
}

/** Beyond, the conversation begun first is given up. */
const FLOWS_MAX = 65_536;
const SERVER_PORTS_MAX = 4096;

interface Entry {
  flow: Flow;
  /** The key under which it is found was made from a packet of the client. */
  key: string;
}

export class FileCapture implements Capture {
  readonly #file: CaptureFile;
  readonly #payload_max: number;
  readonly #segment = new_segment();
  readonly #flows = new Map<string, Entry>();
  /** transport * 65,536 + port of ends known to be servers: tells the roles of conversations seen from their middle. */
  readonly #server_ports = new Set<number>();
  readonly #refused = new Map<Refusal, number>();
  #counts = { packets: 0, flows: 0, flows_evicted: 0, repeated_bytes: 0, lost_bytes: 0 };
  #moment_ns = 0;
  #given = 0;
  #done = false;
  #consume: Consume = () => undefined;

  /** Throws a sentence when the file cannot be opened or is no capture file. */
  constructor(path: string, options: FileCaptureOptions = {}) {
    this.#file = new CaptureFile(path);
    this.#payload_max = options.payload_max ?? Number.MAX_SAFE_INTEGER;
  }

  /** True when the whole file, or all of it that can be read, was handed over. */
  get done(): boolean {
    return this.#done;
  }
  /** Why reading stopped before the end of the file, '' when it did not. */
  get problem(): string {
    return this.#file.problem;
  }
  /** Epoch milliseconds of moment 0. */
  get base_ms(): number {
    return this.#file.base_ms;
  }
  /** Moment of the last packet read, ns after `base_ms`. */
  get moment_ns(): number {
    return this.#moment_ns;
  }
  /** Share of the file that was read, 0 to 1. */
  get progress(): number {
    return this.#file.size === 0 ? 0 : this.#file.offset / this.#file.size;
  }

  /** A packet may release several events, so a call may exceed `limit` by what one packet released. */
  drain(consume: Consume, limit: number): number {
    this.#given = 0;
    this.#consume = consume;
    while (this.#given < limit && !this.#done) {
      const packet = this.#file.next();
      if (packet) this.#take(packet);
      else this.#finish();
    }
    return this.#given;
  }

  verdict(): void {}
  skip(): void {}
  ignore(): void {}

  counters(): ReadonlyMap<string, readonly number[]> {
    const counters = new Map<string, readonly number[]>();
    for (const [name, value] of Object.entries(this.#counts)) counters.set(name, [value]);
    for (const [name, value] of this.#refused) counters.set(`refused_${name}`, [value]);
    return counters;
  }

  close(): void {
    this.#file.close();
  }

  #take(packet: FilePacket): void {
    this.#counts.packets++;
    this.#moment_ns = packet.moment_ns;
    const { link_type, bytes, start, end, length } = packet;
    const segment = this.#segment;
    const refusal = decode_frame(link_type, bytes, start, end, length, segment);
    if (refusal) {
      this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
      return;
    }
    segment.end = Math.min(segment.end, segment.start + this.#payload_max);
    const forward = this.#flows.get(key_of(segment, false));
    const found = forward ?? this.#flows.get(key_of(segment, true));
    const begins = (segment.flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.syn;
    if (found && !(begins && found.flow.closed)) {
      if (!found.flow.closed) found.flow.push(segment, found === forward, packet.moment_ns);
      return;
    }
    if (found) this.#remove(found);
    // Bare acknowledgements and resets of conversations that are over begin nothing.
    if (segment.length === 0 && !(segment.flags & TCP_FLAG.syn)) return;
    this.#begin(segment, packet.moment_ns);
  }

  #begin(segment: Segment, moment_ns: number): void {
    const from_client = this.#from_client(segment);
    if (this.#flows.size >= FLOWS_MAX) {
      const [oldest] = this.#flows.values();
      if (oldest) this.#remove(oldest);
      this.#counts.flows_evicted++;
    }
    const socket = client_socket(++this.#counts.flows, segment, from_client);
    const flow = new Flow(socket, (event) => {
      this.#given++;
      this.#consume(event);
    });
    const key = key_of(segment, !from_client);
    this.#flows.set(key, { flow, key });
    flow.push(segment, from_client, moment_ns);
  }

  /** A SYN tells; else a port seen to serve before; else whoever speaks first is taken for the client. */
  #from_client(segment: Segment): boolean {
    const { flags, transport } = segment;
    if (segment.from_client !== undefined) return segment.from_client;
    const source = transport * 65_536 + segment.source_port;
    const target = transport * 65_536 + segment.target_port;
    const answer = flags & TCP_FLAG.syn && flags & TCP_FLAG.ack;
    const known = !(flags & TCP_FLAG.syn) && !this.#server_ports.has(target) && this.#server_ports.has(source);
    const from_client = !answer && !known;
    if (this.#server_ports.size < SERVER_PORTS_MAX) this.#server_ports.add(from_client ? target : source);
    return from_client;
  }

  #remove(entry: Entry): void {
    entry.flow.finish(this.#moment_ns);
    this.#add_counts(entry.flow);
    this.#flows.delete(entry.key);
  }

  #finish(): void {
    this.#done = true;
    for (const entry of this.#flows.values()) {
      entry.flow.finish(this.#moment_ns);
      this.#add_counts(entry.flow);
    }
    this.#flows.clear();
  }

  #add_counts(flow: Flow): void {
    const { repeated_bytes, lost_bytes } = flow.counts();
    this.#counts.repeated_bytes += repeated_bytes;
    this.#counts.lost_bytes += lost_bytes;
  }
}

/** Both ends in one string, the source first, or the target first when `reversed`. */
const key_of = (s: Segment, reversed: boolean): string => {
  const address_bytes = s.family === 4 ? 4 : 16;
  const a = reversed ? s.target_at : s.source_at;
  const b = reversed ? s.source_at : s.target_at;
  const ports = reversed ? [s.target_port, s.source_port] : [s.source_port, s.target_port];
  let key = String.fromCharCode(s.transport, ports[0]!, ports[1]!);
  for (let i = 0; i < address_bytes; i++) key += String.fromCharCode((s.bytes[a + i]! << 8) | s.bytes[b + i]!);
  return key;
};
