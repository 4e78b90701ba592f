// A capture file as a source of events, like the kernel's ring.
import type { Capture } from '../event.ts';
import { decode_frame, fragment, new_segment, type Refusal, type Segment, TCP_FLAG } from './decode.ts';
import { CaptureFile, type FilePacket } from './file.ts';
import { type Entry, FlowTable } from './flow-table.ts';
import { client_socket, type Consume, Flow } from './flow.ts';
import { Fragments } from './fragments.ts';
import { HeldBudget } from './reassembly.ts';

export interface FileCaptureOptions {
  /** Payload bytes a packet that are looked at; the rest counts as not captured. */
  readonly payload_max?: number;
}

/** Beyond, the conversation begun first is given up. */
const FLOWS_MAX = 65_536;
/** Conversations that are over are known for a while: what comes late begins no other. */
const CLOSED_MAX = 4096;
const CLOSED_NS = 30e9;
const SERVER_PORTS_MAX = 4096;
/** A call ends after so many, so that the caller can tell how far it is. */
const PACKETS_A_CALL = 16_384;
/** LINKTYPE_RAW: begins with the IP header. */
const LINK_RAW = 101;
/** Segments out of order, of all conversations together. */
const HELD_BYTES_MAX = 64 << 20;

interface Closed {
  entry: Entry;
  moment_ns: number;
}

export class FileCapture implements Capture {
  readonly #file: CaptureFile;
  readonly #payload_max: number;
  readonly #segment = new_segment();
  readonly #flows = new FlowTable();
  /** Oldest first. */
  #closed: Closed[] = [];
  readonly #fragments = new Fragments();
  readonly #budget = new HeldBudget(HELD_BYTES_MAX);
  /** transport * 65,536 + port of ends known to be servers: tells the roles of conversations seen from their middle. */
  readonly #server_ports = new Set<number>();
  readonly #refused = new Map<Refusal, number>();
  #counts = { packets: 0, fragments: 0, flows: 0, flows_evicted: 0, repeated_bytes: 0, lost_bytes: 0 };
  #moment_ns = 0;
  #link_type = 0;
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
  /** Why reading stopped before the end of the file, or gave nothing; '' when all is well. */
  get problem(): string {
    const { packets } = this.#counts;
    const unknown = packets > 0 && this.#refused.get('link_unknown') === packets;
    return this.#file.problem || (unknown ? `no packet can be read: link type ${this.#link_type} is not known` : '');
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

  /** A packet may release several events, so a call may exceed `limit` by what one packet released; or many give none. */
  drain(consume: Consume, limit: number): number {
    this.#given = 0;
    this.#consume = consume;
    for (let packets = 0; this.#given < limit && packets < PACKETS_A_CALL && !this.#done; packets++) {
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
    counters.set('fragments_lost', [this.#fragments.lost]);
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
    this.#link_type = link_type;
    const segment = this.#segment;
    const refusal = decode_frame(link_type, bytes, start, end, length, segment);
    if (refusal === undefined) this.#segment_read(packet.moment_ns);
    else if (refusal === 'fragment') this.#fragment_read(packet.moment_ns);
    else this.#refuse(refusal);
  }

  #refuse(refusal: Refusal): void {
    this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
  }

  #fragment_read(moment_ns: number): void {
    this.#counts.fragments++;
    const whole = this.#fragments.add(fragment, moment_ns);
    if (whole === undefined) return;
    const refusal = decode_frame(LINK_RAW, whole.bytes, 0, whole.end, whole.length, this.#segment);
    if (refusal === undefined) this.#segment_read(moment_ns);
    else this.#refuse(refusal);
  }

  #segment_read(moment_ns: number): void {
    const segment = this.#segment;
    segment.end = Math.min(segment.end, segment.start + this.#payload_max);
    const found = this.#flows.find(segment);
    if (found !== undefined) {
      const { flow } = found;
      const from_client = this.#flows.from_client;
      const begins = (segment.flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.syn;
      if (!begins || !flow.restarts(segment, from_client)) {
        if (flow.closed) return;
        flow.push(segment, from_client, moment_ns);
        if (flow.closed) this.#closed_now(found, moment_ns);
        return;
      }
      this.#remove(found);
    }
    // Bare acknowledgements and resets of conversations that are over begin nothing.
    if (segment.length === 0 && !(segment.flags & TCP_FLAG.syn)) return;
    this.#begin(segment, moment_ns);
  }

  #closed_now(entry: Entry, moment_ns: number): void {
    this.#closed.push({ entry, moment_ns });
    const due = ({ moment_ns: then }: Closed): boolean => moment_ns - then > CLOSED_NS;
    if (this.#closed.length <= CLOSED_MAX && !due(this.#closed[0]!)) return;
    let gone = this.#closed.length > CLOSED_MAX ? CLOSED_MAX >> 1 : 0;
    while (gone < this.#closed.length && due(this.#closed[gone]!)) gone++;
    for (const closed of this.#closed.splice(0, gone)) this.#remove(closed.entry);
  }

  #begin(segment: Segment, moment_ns: number): void {
    const from_client = this.#from_client(segment);
    if (this.#flows.size >= FLOWS_MAX) {
      const [oldest] = this.#flows.entries();
      if (oldest) this.#remove(oldest);
      this.#counts.flows_evicted++;
    }
    const socket = client_socket(++this.#counts.flows, segment, from_client);
    const flow = new Flow(socket, this.#give, this.#budget);
    const entry = this.#flows.add(flow, segment);
    flow.push(segment, from_client, moment_ns);
    if (flow.closed) this.#closed_now(entry, moment_ns);
  }

  readonly #give: Consume = (event) => {
    this.#given++;
    this.#consume(event);
  };

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

  /** Once an entry; a closed one may have made room for another before. */
  #remove(entry: Entry): void {
    if (!this.#flows.remove(entry)) return;
    entry.flow.finish(this.#moment_ns);
    this.#add_counts(entry.flow);
  }

  #finish(): void {
    this.#done = true;
    this.#fragments.finish();
    for (const entry of this.#flows.entries()) {
      entry.flow.finish(this.#moment_ns);
      this.#add_counts(entry.flow);
    }
  }

  #add_counts(flow: Flow): void {
    const { repeated_bytes, lost_bytes } = flow.counts();
    this.#counts.repeated_bytes += repeated_bytes;
    this.#counts.lost_bytes += lost_bytes;
  }
}
