// The kernel's half as TypeScript sees it: load, attach, change the rate, read samples in place, hand tables down.
import { KernelError } from '../kernel/errors.ts';
import { has_tracepoint } from '../kernel/tracepoints.ts';
import { native } from '../kernel/libbpf.ts';
import type { Mapping } from '../kernel/mapping.ts';
import { BpfObject, type Link } from '../kernel/object.ts';
import { onlineCpus, openCpuClock } from '../kernel/perf.ts';
import { Ring } from '../kernel/ring.ts';
import { putArray } from '../kernel/tables.ts';
import type { FileKey, Mapped, TableSink } from './files.ts';

// bpf/profile/events.h
export const EVENT = { on_cpu: 1, off_cpu: 2, run_queue: 3, allocated: 4, file: 16 } as const;
export const END = { none: 0, complete: 1, no_table: 2, no_rule: 3, unreadable: 4, unmapped: 5, deep: 6 } as const;
const COUNTERS = ['profile_ring_full', 'profile_files_full', 'profile_samples', 'profile_waits_full'] as const;
const COUNTER_SLOTS = 16;
const FRAMES_AT = 56;
const COMM_AT = 40;
const COMM_BYTES = 16;
/** Rows of all tables together: 8 bytes each, of the kernel's memory. */
const ROWS_MAX = 8_000_000;
const PERIOD_NS = 1e9;
const OFF_CPU_PROGRAMS = ['switch_in', 'switch_out'] as const;
/** Of `waits`: a thread id. */
const WAITS_KEY_BYTES = 4;

/** One sample; the object and the words are used again for the next one. */
export interface Sample {
  kind: number;
  /** One of END. */
  end: number;
  kernel_frames: number;
  user_frames: number;
  pid: number;
  tid: number;
  moment_ns: number;
  /** ns or bytes. */
  value: number;
  comm: string;
  /** Kernel frames, then user frames, innermost first, two words each, from `start` on. */
  words: Uint32Array;
  start: number;
}
export interface SampleSink {
  sample(sample: Sample): void;
  file(id: number, key: FileKey, mapped: Mapped): void;
}
export interface SamplerOptions {
  readonly object_path: string;
  /** Map of the processes that are not looked at, shared with the programs of the capture. */
  readonly ignored_fd?: number;
  readonly ring_bytes?: number;
}

export class Sampler implements TableSink {
  private readonly object: BpfObject;
  private readonly ring: Ring;
  private readonly counters_mapping: Mapping;
  private readonly period_mapping: Mapping;
  private readonly shortest_mapping: Mapping;
  private readonly cpus: number;
  private readonly sample: Sample;
  private readonly view: DataView;
  private readonly bytes: Buffer;
  private ticks: Link[] = [];
  private switches: Link[] = [];
  private rows = 0;
  private slots = 0;
  private open = true;
  private last: ReadonlyMap<string, readonly number[]> = new Map();
  /** Rows that found no place. */
  tables_full = 0;

  /** Loads; nothing is sampled yet. Throws KernelError. */
  constructor(options: SamplerOptions) {
    const ring_bytes = options.ring_bytes ?? 4 << 20;
    this.cpus = native().possible_cpus() as number;
    this.object = BpfObject.open(options.object_path);
    this.object.map('samples').max_entries = ring_bytes;
    if (options.ignored_fd !== undefined) this.object.map('ignored').reuse(options.ignored_fd);
    for (const name of ['counters', 'on_cpu_scratch', 'off_cpu_states']) this.object.map(name).max_entries = this.cpus;
    if (!has_switch_in()) for (const name of OFF_CPU_PROGRAMS) this.object.leaveOut(name);
    this.object.load();
    this.ring = new Ring(this.object.map('samples').fd, ring_bytes);
    this.counters_mapping = this.object.map('counters').mapping();
    this.period_mapping = this.object.map('period').mapping();
    this.shortest_mapping = this.object.map('shortest_wait').mapping();
    this.view = new DataView(this.ring.buffer);
    this.bytes = Buffer.from(this.ring.buffer);
    const words = new Uint32Array(this.ring.buffer);
    this.sample = {
      kind: 0,
      end: 0,
      kernel_frames: 0,
      user_frames: 0,
      pid: 0,
      tid: 0,
      moment_ns: 0,
      value: 0,
      comm: '',
      words,
      start: 0,
    };
  }

  /** Samples each CPU so many times a second from now on; 0 = not. */
  set_rate(hz: number): void {
    for (const link of this.ticks.splice(0)) link.close();
    if (!this.open || hz <= 0) return;
    const period_ns = Math.round(PERIOD_NS / hz);
    new BigUint64Array(this.period_mapping.buffer)[0] = BigInt(period_ns);
    this.ticks = onlineCpus().map((cpu) => this.object.attachPerf('on_cpu', openCpuClock(cpu, period_ns)));
  }

  /** Looks at waits of so long and longer from now on; undefined = at none. */
  set_off_cpu(shortest_ns: number | undefined): void {
    if (shortest_ns !== undefined) new BigUint64Array(this.shortest_mapping.buffer)[0] = BigInt(shortest_ns);
    if (!this.open || (shortest_ns !== undefined) === this.switches.length > 0) return;
    for (const link of this.switches.splice(0)) link.close();
    if (shortest_ns === undefined) return;
    if (!has_switch_in()) throw new KernelError('attach_failed', 'no off-CPU profile', 'Linux 6.15 or newer is needed');
    // What waits since before the last end of looking may have run meanwhile.
    this.object.map('waits').clear(WAITS_KEY_BYTES);
    this.switches = OFF_CPU_PROGRAMS.map((name) => this.object.attachOne(name));
  }

  /** Hands over what is there, at most `limit` events; returns how many. */
  drain(sink: SampleSink, limit: number): number {
    if (!this.open) return 0;
    return this.ring.drain((at) => this.decode(at, sink), limit);
  }

  private decode(at: number, sink: SampleSink): void {
    const { view, sample } = this;
    const kind = view.getUint8(at);
    if (kind === EVENT.file) {
      const [start, end] = [view.getBigUint64(at + 32, true), view.getBigUint64(at + 40, true)];
      const key = {
        inode: view.getBigUint64(at + 16, true),
        device: view.getUint32(at + 24, true),
        generation: view.getUint32(at + 28, true),
      };
      sink.file(view.getUint32(at + 4, true), key, {
        pid: view.getUint32(at + 8, true),
        range: `${start.toString(16)}-${end.toString(16)}`,
      });
      return;
    }
    sample.kind = kind;
    sample.end = view.getUint8(at + 1);
    sample.kernel_frames = view.getUint16(at + 2, true);
    sample.user_frames = view.getUint16(at + 4, true);
    sample.pid = view.getUint32(at + 8, true);
    sample.tid = view.getUint32(at + 12, true);
    sample.moment_ns = view.getUint32(at + 24, true) + view.getUint32(at + 28, true) * 2 ** 32;
    sample.value = view.getUint32(at + 32, true) + view.getUint32(at + 36, true) * 2 ** 32;
    let end = at + COMM_AT;
    while (end < at + COMM_AT + COMM_BYTES && this.bytes[end] !== 0) end++;
    sample.comm = this.bytes.toString('utf8', at + COMM_AT, end);
    sample.start = (at + FRAMES_AT) / 4;
    sink.sample(sample);
  }

  set_table(key: FileKey, id: number, rows: Uint32Array): void {
    if (!this.open || rows.length === 0) return;
    const tables = this.object.map('tables');
    if (this.slots >= tables.max_entries || this.rows + rows.length / 2 > ROWS_MAX) {
      this.tables_full++;
      return;
    }
    putArray(tables, this.slots, rows);
    this.slots++;
    this.rows += rows.length / 2;
    const at = Buffer.alloc(16);
    at.writeBigUInt64LE(key.inode, 0);
    at.writeUInt32LE(key.device, 8);
    at.writeUInt32LE(key.generation, 12);
    const entry = new Uint8Array(Uint32Array.of(id, this.slots, rows.length / 2, 0).buffer);
    this.object.map('files').update(at, entry);
  }

  get gauges(): readonly (readonly [string, number])[] {
    return [
      ['profile_table_rows', this.rows],
      ['profile_tables_full', this.tables_full],
    ];
  }

  counters(): ReadonlyMap<string, readonly number[]> {
    if (!this.open) return this.last;
    const words = new BigUint64Array(this.counters_mapping.buffer);
    return new Map(
      COUNTERS.map((name, slot) => [
        name,
        Array.from({ length: this.cpus }, (_, cpu) => Number(words[cpu * COUNTER_SLOTS + slot])),
      ]),
    );
  }

  close(): void {
    if (!this.open) return;
    this.last = this.counters();
    for (const link of [...this.ticks.splice(0), ...this.switches.splice(0)]) link.close();
    this.open = false;
    this.object.close();
    this.ring.close();
    this.counters_mapping.close();
    this.period_mapping.close();
    this.shortest_mapping.close();
  }
}

/** Behind the switch to a thread: sched_exit_tp, Linux 6.15. */
const has_switch_in = (): boolean => has_tracepoint('sched_exit_tp');
