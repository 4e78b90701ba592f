// The stage's door: samples of the kernel become rows of profile.in_process, with stacks and frames sent once a day of use.
import { type AgentSettings, PROFILE_EVENTS } from '@sonde/records';
import { frame_id, stack_id } from '@sonde/records/codec';
import type { Counters } from '../call.ts';
import type { ProfileOutput } from '../profiled.ts';
import { type FileKey, Files, type Mapped } from './files.ts';
import { Names } from './names.ts';
import { EVENT, type Sample, Sampler, type SamplerOptions } from './sampler.ts';
import { type Stack, Stacks } from './stacks.ts';
import { Window } from './window.ts';

const EVENTS_A_LOOK = 8192;
/** Time for reading files, a look at the ring. */
const WORK_MS = 20;
/** How long a row waits for the files of its stack to be read. */
const PATIENCE_S = 20;
const FRAMES_SENT_MAX = 262_144;
const DAY_S = 86_400;
const EVENT_OF_KIND: Readonly<Record<number, { type: string; unit: string; scale: number }>> = {
  [EVENT.on_cpu]: { ...PROFILE_EVENTS.on_cpu, scale: 1e-3 },
  [EVENT.off_cpu]: { ...PROFILE_EVENTS.off_cpu, scale: 1e-3 },
  [EVENT.run_queue]: { ...PROFILE_EVENTS.run_queue, scale: 1e-3 },
  [EVENT.allocated]: { ...PROFILE_EVENTS.allocated, scale: 1 },
};

export class Profile {
  private readonly sampler: Sampler;
  private readonly output: ProfileOutput;
  private readonly files: Files;
  private readonly names: Names;
  private readonly stacks = new Stacks();
  private readonly window = new Window();
  /** Frames sent, with the day of it. */
  private readonly sent = new Map<string, { words: Uint32Array; day: number }>();
  private readonly counters: Counters;
  private hz = 0;

  /** Throws KernelError when the kernel refuses. */
  constructor(options: SamplerOptions, counters: Counters, output: ProfileOutput) {
    this.counters = counters;
    this.sampler = new Sampler(options);
    this.output = output;
    this.files = new Files(this.sampler, this.counters);
    this.names = new Names(this.files, this.counters, (pid) => output.process(pid).executable);
  }

  configure(settings: AgentSettings): void {
    if (settings.profile_hz !== this.hz) {
      this.hz = settings.profile_hz;
      this.sampler.set_rate(this.hz);
    }
    this.sampler.set_off_cpu(settings.profile_off_cpu ? settings.profile_off_cpu_min_us * 1e3 : undefined);
  }

  /** Takes what waits in the ring and reads some of what is to be read; returns how many events there were. */
  drain(): number {
    const events = this.sampler.drain(this, EVENTS_A_LOOK);
    this.files.work(WORK_MS);
    return events;
  }

  /** Sends the rows of seconds that are over. */
  tick(now_ns: number): void {
    this.flush(this.output.wall_s(now_ns));
  }

  /** Takes and sends all that is there. */
  close(now_ns: number): void {
    while (this.sampler.drain(this, EVENTS_A_LOOK) > 0);
    while (this.files.work(1000));
    this.flush(this.output.wall_s(now_ns) + 2 * PATIENCE_S);
    this.sampler.close();
  }

  get gauges(): readonly (readonly [string, number])[] {
    return [
      ['profile_stacks', this.stacks.size],
      ['profile_stacks_given_up', this.stacks.dropped],
      ['profile_rows_dropped', this.window.dropped],
      ['profile_files', this.files.size],
      ...this.sampler.gauges,
    ];
  }

  /** Counters of the kernel program, one value a CPU. */
  measured(): ReadonlyMap<string, readonly number[]> {
    return this.sampler.counters();
  }

  file(id: number, key: FileKey, mapped: Mapped): void {
    this.files.met(id, key, mapped);
  }

  /** A process began, became another program or ended: addresses in it mean something else now. */
  process(pid: number): void {
    if (this.names.forget(pid)) this.stacks.forget(pid);
  }

  sample(sample: Sample): void {
    const second = this.output.wall_s(sample.moment_ns);
    const stack = this.stacks.of(sample);
    // Files that could not be opened through another process may be through this one, while it lives.
    if (stack.id === undefined) this.names.ready(stack, sample.pid);
    this.window.add(second, stack, sample);
  }

  private flush(now_s: number): void {
    this.window.take(now_s - 1, (second, row) => {
      const { stack } = row;
      if (stack.id === undefined && !this.names.ready(stack, row.pid) && now_s - second < PATIENCE_S) return false;
      const id = this.define(stack, second);
      const event = EVENT_OF_KIND[row.kind]!;
      const { entity, service, instance } = this.output.process(row.pid);
      const { rows } = this.output;
      const b = rows.block;
      b.u32(b.column('time'), second);
      b.u32(b.column('entity_id'), entity);
      b.str(b.column('app_service'), service);
      b.str(b.column('app_instance'), instance);
      b.u32(b.column('process_id'), row.pid);
      b.u32(b.column('thread_id'), row.tid);
      b.str(b.column('thread_name'), row.comm);
      b.u64(b.column('stack_id'), id[0], id[1]);
      b.str(b.column('profile_event_type'), event.type);
      b.str(b.column('profile_value_unit'), event.unit);
      b.str(b.column('profile_language_type'), 'eBPF');
      b.i64(b.column('profile_value'), Math.round(row.value * event.scale));
      if (entity > 0) rows.entity(entity);
      rows.end_row();
      return true;
    });
  }

  /** The stack's id; its definition is sent when it was not yet on this day. */
  private define(stack: Stack, second: number): readonly [number, number] {
    const day = Math.floor(second / DAY_S);
    if (stack.id !== undefined && stack.day >= day) return stack.id;
    const frames = this.names.frames(stack);
    const ids = new Uint32Array(frames.length * 2);
    for (const [i, frame] of frames.entries()) {
      const key = `${frame.type}\0${frame.name}\0${frame.module}`;
      let known = this.sent.get(key);
      if (known === undefined) {
        if (this.sent.size >= FRAMES_SENT_MAX) this.sent.clear();
        known = { words: new Uint32Array(2), day: -1 };
        frame_id(frame, known.words, 0);
        this.sent.set(key, known);
      }
      ids.set(known.words, i * 2);
      if (known.day >= day) continue;
      known.day = day;
      const b = this.output.frames.block;
      b.u32(b.column('time'), second);
      b.u64(b.column('frame_id'), known.words[0]!, known.words[1]!);
      b.str(b.column('frame_type'), frame.type);
      b.str(b.column('name'), frame.name);
      b.str(b.column('module'), frame.module);
      this.output.frames.end_row();
    }
    const id = new Uint32Array(2);
    stack_id(ids, id, 0);
    stack.id = [id[0]!, id[1]!];
    stack.day = day;
    const b = this.output.stacks.block;
    b.u32(b.column('time'), second);
    b.u64(b.column('stack_id'), id[0]!, id[1]!);
    b.u64s(b.column('frame_ids'), ids, 0, frames.length);
    this.output.stacks.end_row();
    return stack.id;
  }
}
