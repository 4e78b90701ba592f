// The live kernel as a source of events.
import { readFileSync } from 'node:fs';
import { native } from '../../kernel/libbpf.ts';
import type { Mapping } from '../../kernel/mapping.ts';
import { BpfObject, recursionMisses } from '../../kernel/object.ts';
import { Ring } from '../../kernel/ring.ts';
import type { Capture, CaptureEvent } from '../event.ts';
import { readCounters } from './counters.ts';
import { EventDecoder } from './decode.ts';
import { EventWriter } from './recorded.ts';

export interface EbpfOptions {
  object_path: string;
  /** Power of two; 64 MiB by default. */
  ring_bytes?: number;
  /** Bytes a call while a socket has no verdict, 0 to 2,097,152; 4,096 by default. Above 16,384: its first 4 MiB only. */
  default_bytes?: number;
  /** TCP sockets known at a time besides those in the 32,768 slots; 32,768 by default. More: see socket_map_full. */
  sockets_max?: number;
  /** UDP socket and peer pairs known at a time; the least recently used makes place. 16,384 by default. */
  flows_max?: number;
  /** Also writes every event to this file, for RecordedCapture. */
  record_to?: string;
  /** Tests only: false takes the way of kernels before 6.2. */
  typed_walk?: boolean;
}

// bpf/events.h
const VERDICT_BITS = 17;
const VERDICT_VALID = 1 << 15;
const DATA_MAX = 16_384;
const PIECES_MAX = 128;
/** Words of 8 bytes a verdict: bytes a call, then what to skip of each direction. */
const VERDICT_WORDS = 3;

export class EbpfCapture implements Capture {
  readonly #object: BpfObject;
  readonly #ring: Ring;
  readonly #decoder: EventDecoder;
  readonly #counters: Mapping;
  readonly #ignored: Mapping;
  readonly #verdicts: Mapping;
  readonly #verdict_words: Uint32Array;
  readonly #skip_words: BigUint64Array;
  readonly #ignored_words: Int32Array;
  readonly #cpus: number;
  readonly #bytes_view: Uint8Array;
  readonly #recorder: EventWriter | undefined;
  #events = 0;
  #bytes = 0;
  #unknown = 0;
  #icmp_aside = 0;
  #open = true;
  /** Counters as they were when the mappings were given up; touching them afterwards would end the process. */
  #last: ReadonlyMap<string, readonly number[]> = new Map();

  private constructor(object: BpfObject, ring_bytes: number, cpus: number, record_to: string | undefined) {
    this.#object = object;
    this.#cpus = cpus;
    this.#ring = new Ring(object.map('ring').fd, ring_bytes);
    this.#decoder = new EventDecoder(this.#ring.buffer);
    this.#bytes_view = new Uint8Array(this.#ring.buffer);
    this.#recorder = record_to === undefined ? undefined : new EventWriter(record_to);
    this.#counters = object.map('counters').mapping();
    this.#ignored = object.map('ignored').mapping();
    this.#verdicts = object.map('verdicts').mapping();
    this.#verdict_words = new Uint32Array(this.#verdicts.buffer);
    this.#skip_words = new BigUint64Array(this.#verdicts.buffer);
    this.#ignored_words = new Int32Array(this.#ignored.buffer);
  }

  /** Loads and attaches; events flow from now on. Throws KernelError. */
  static open(options: EbpfOptions): EbpfCapture {
    const ring_bytes = options.ring_bytes ?? 64 << 20;
    const object = BpfObject.open(options.object_path);
    const cpus = native().possible_cpus() as number;
    configure(object, options, ring_bytes, cpus);
    object.load();
    const capture = new EbpfCapture(object, ring_bytes, cpus, options.record_to);
    try {
      object.attach();
    } catch (error) {
      capture.close();
      throw error;
    }
    return capture;
  }

  drain(consume: (event: CaptureEvent) => void, limit: number): number {
    if (!this.#open) return 0;
    return this.#ring.drain((offset, length) => {
      this.#events++;
      this.#bytes += length;
      this.#recorder?.write(this.#bytes_view, offset, length);
      const event = this.#decoder.decode(offset, length);
      if (!event) {
        if (event === null) this.#icmp_aside++;
        else this.#unknown++;
        return;
      }
      consume(event);
      if (event.kind === 'close' || event.kind === 'fail') this.#decoder.forget(event.socket);
    }, limit);
  }

  /** Bytes in the ring that wait to be drained. */
  get pending_bytes(): number {
    return this.#open ? this.#ring.pending : 0;
  }

  verdict(socket_id: number, bytes_per_call: number): void {
    if (!this.#open) return;
    const bytes = Math.max(0, Math.trunc(bytes_per_call));
    const further_events = Math.min(PIECES_MAX, Math.ceil(bytes / DATA_MAX)) - 1;
    const word = bytes > DATA_MAX ? DATA_MAX + further_events : bytes;
    this.#verdict_words[verdict_slot(socket_id) * 2] = verdict_tag(socket_id) + word;
  }

  skip(socket_id: number, direction: number, until_seq: number | undefined): void {
    if (!this.#open) return;
    // In one piece: the kernel must not meet a half of this position and a half of the one before.
    const word = until_seq === undefined ? 0n : (BigInt(verdict_tag(socket_id)) << 32n) | BigInt(until_seq >>> 0);
    Atomics.store(this.#skip_words, verdict_slot(socket_id) + 1 + direction, word);
  }

  /** The map of processes that are not observed, for other programs of this host. */
  get ignored_fd(): number {
    return this.#object.map('ignored').fd;
  }

  ignore(pid: number): void {
    if (!this.#open || pid <= 0 || pid >= 2 ** 22) return;
    Atomics.or(this.#ignored_words, pid >>> 5, 1 << (pid & 31));
  }

  counters(): ReadonlyMap<string, readonly number[]> {
    if (!this.#open) return this.#last;
    const counters = readCounters(this.#counters.buffer, this.#cpus);
    let missed = 0;
    for (const fd of this.#object.programs().values()) missed += recursionMisses(fd);
    counters.set('events', [this.#events]);
    counters.set('bytes', [this.#bytes]);
    counters.set('recursion_missed', [missed]);
    counters.set('unknown_event', [this.#unknown]);
    counters.set('icmp_aside', [this.#icmp_aside]);
    return counters;
  }

  /** Detaches and gives everything back. What waits in the ring is lost; must not be called while draining. */
  close(): void {
    if (!this.#open) return;
    this.#last = this.counters();
    this.#open = false;
    this.#recorder?.close();
    this.#object.close();
    this.#ring.close();
    for (const mapping of [this.#counters, this.#ignored, this.#verdicts]) mapping.close();
  }
}

/** Index of the first word of a socket's verdict. */
const verdict_slot = (socket_id: number): number => (socket_id % 2 ** VERDICT_BITS) * VERDICT_WORDS;

const verdict_tag = (socket_id: number): number =>
  (Math.floor(socket_id / 2 ** VERDICT_BITS) % 2 ** 16) * 2 ** 16 + VERDICT_VALID;

function configure(object: BpfObject, options: EbpfOptions, ring_bytes: number, cpus: number): void {
  if (ring_bytes < 4096 || (ring_bytes & (ring_bytes - 1)) !== 0) throw new RangeError('ring_bytes is no power of two');
  object.map('ring').max_entries = ring_bytes;
  for (const name of ['counters', 'data_scratch', 'process_scratch']) object.map(name).max_entries = cpus;
  if (options.sockets_max !== undefined) object.map('sockets').max_entries = options.sockets_max;
  if (options.flows_max !== undefined) object.map('flows').max_entries = options.flows_max;
  const settings = new Uint32Array(object.map('.rodata.settings').initialValue());
  settings[0] = (options.typed_walk ?? hasTypedWalk()) ? 1 : 0;
  settings[1] = Math.max(0, Math.min(PIECES_MAX * DATA_MAX, options.default_bytes ?? 4096));
}

/** Whether the kernel knows bpf_rdonly_cast (6.2). Names in type information end with NUL. */
function hasTypedWalk(): boolean {
  return readFileSync('/sys/kernel/btf/vmlinux').includes('\0bpf_rdonly_cast\0');
}
