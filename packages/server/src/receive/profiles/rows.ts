// Pushed profiles -> blocks of profile.frame, profile.stack and profile.in_process (docs/formats/profile.md).
import { agent_columns, IN_PROCESS, PROFILE_FRAME, PROFILE_STACK } from '@sonde/records';
import { BlockBuilder, frame_id, stack_id } from '@sonde/records/codec';
import { kind_of, NAME_LABEL, PERIOD_TYPE_LABEL, PERIOD_UNIT_LABEL } from '../../formats/kinds.ts';
import type { Labels, Profile, Sample } from '../../formats/profile.ts';
import { type Definitions, id_of } from './definitions.ts';
import { instance_of, label_of, process_id_of, type Pushed } from './pushed.ts';

const THREAD_NAME_LABELS = ['thread_name', 'thread name', 'thread.name', 'thread'];
const THREAD_ID_LABELS = ['thread_id', 'thread id', 'thread.id'];
const TRACE_LABELS = ['trace_id', 'trace id'];
const SPAN_NAME_LABELS = ['span_name', 'trace endpoint'];
/** The entity of the one who pushed, in the blocks. */
export const LOCAL_ENTITY = 1;

export interface Block {
  readonly bytes: Uint8Array;
  readonly rows: number;
}
export interface Blocks {
  readonly frames: Block;
  readonly stacks: Block;
  readonly rows: Block;
  /** Frames and stacks that the store will know when it has the first two blocks. */
  readonly defined: readonly bigint[];
}

/** All blocks of one entity's profiles; `now_s`: when they arrived. */
export function blocks_of(pushed: readonly Pushed[], now_s: number, known: Definitions): Blocks {
  const frames = new BlockBuilder(agent_columns(PROFILE_FRAME));
  const stacks = new BlockBuilder(agent_columns(PROFILE_STACK));
  const rows = new RowWriter(now_s);
  const defined = { frames: new Set<bigint>(), stacks: new Set<bigint>() };
  for (const one of pushed) {
    const { profile } = one;
    const frame_ids = write_frames(profile, { b: frames, now_s, known, defined: defined.frames });
    const stack_ids = write_stacks(profile, frame_ids, { b: stacks, now_s, known, defined: defined.stacks });
    rows.write(one, stack_ids);
  }
  return {
    frames: { bytes: frames.take(), rows: defined.frames.size },
    stacks: { bytes: stacks.take(), rows: defined.stacks.size },
    rows: rows.take(),
    defined: [...defined.frames, ...defined.stacks],
  };
}

interface Into {
  readonly b: BlockBuilder;
  readonly now_s: number;
  readonly known: Definitions;
  readonly defined: Set<bigint>;
}
/** Whether the store, or the block so far, has it not yet. */
function is_new({ known, now_s, defined }: Into, ids: Uint32Array, at: number): boolean {
  if (known.is_stored(ids, at, now_s)) return false;
  const before = defined.size;
  return defined.add(id_of(ids, at)).size > before;
}

function write_frames(profile: Profile, into: Into): Uint32Array {
  const { b, now_s } = into;
  const ids = new Uint32Array(profile.frames.length * 2);
  const [time, id, type, name, module] = columns(b, ['time', 'frame_id', 'frame_type', 'name', 'module']);
  for (const [i, frame] of profile.frames.entries()) {
    frame_id(frame, ids, i * 2);
    if (!is_new(into, ids, i * 2)) continue;
    b.u32(time!, now_s);
    b.u64(id!, ids[i * 2]!, ids[i * 2 + 1]!);
    b.str(type!, frame.type);
    b.str(name!, frame.name);
    b.str(module!, frame.module);
    b.end_row();
  }
  return ids;
}

function write_stacks(profile: Profile, frames: Uint32Array, into: Into): Uint32Array {
  const { b, now_s } = into;
  const ids = new Uint32Array(profile.stacks.length * 2);
  const [time, id, of] = columns(b, ['time', 'stack_id', 'frame_ids']);
  for (const [i, stack] of profile.stacks.entries()) {
    const words = new Uint32Array(stack.length * 2);
    for (const [at, frame] of stack.entries()) {
      words[at * 2] = frames[frame * 2]!;
      words[at * 2 + 1] = frames[frame * 2 + 1]!;
    }
    stack_id(words, ids, i * 2);
    if (!is_new(into, ids, i * 2)) continue;
    b.u32(time!, now_s);
    b.u64(id!, ids[i * 2]!, ids[i * 2 + 1]!);
    b.u64s(of!, words, 0, stack.length);
    b.end_row();
  }
  return ids;
}

const columns = (b: BlockBuilder, names: readonly string[]): number[] => names.map((name) => b.column(name));

/** What the labels of a sample say, once a set. */
interface Marks {
  readonly thread_id: number;
  readonly thread_name: string;
  readonly trace_id: string;
  readonly span_name: string;
  readonly names: readonly string[];
  readonly values: readonly string[];
}

class RowWriter {
  private readonly b = new BlockBuilder(agent_columns(IN_PROCESS));
  private readonly now_s: number;
  private rows = 0;

  constructor(now_s: number) {
    this.now_s = now_s;
  }

  write(pushed: Pushed, stacks: Uint32Array): void {
    const { profile } = pushed;
    const about: Labels = [...profile.about, ...pushed.labels];
    const process = { id: process_id_of(about), instance: instance_of(about) };
    const marks = new Map<number, Marks>();
    for (const sample of profile.samples) {
      if (sample.value === 0) continue;
      const key = sample.labels * profile.types.length + sample.type;
      let of = marks.get(key);
      if (of === undefined) {
        of = marks_of(pushed, about, sample);
        marks.set(key, of);
      }
      this.row(pushed, sample, stacks, of, process);
    }
  }

  take(): Block {
    return { bytes: this.b.take(), rows: this.rows };
  }

  private row(
    { profile, service, language, start_ms, id }: Pushed,
    sample: Sample,
    stacks: Uint32Array,
    marks: Marks,
    process: { readonly id: number; readonly instance: string },
  ): void {
    const { b } = this;
    const type = profile.types[sample.type]!;
    const at = (name: string): number => b.column(name);
    b.u32(at('time'), sample.second || Math.floor(start_ms / 1000));
    b.u32(at('entity_id'), LOCAL_ENTITY);
    b.str(at('app_service'), service);
    b.str(at('app_instance'), process.instance);
    b.u32(at('process_id'), process.id);
    b.u32(at('thread_id'), marks.thread_id);
    b.str(at('thread_name'), marks.thread_name);
    b.u64(at('stack_id'), stacks[sample.stack * 2]!, stacks[sample.stack * 2 + 1]!);
    b.str(at('profile_event_type'), type.name);
    b.str(at('profile_value_unit'), type.unit);
    b.str(at('profile_language_type'), language);
    b.str(at('profile_id'), id);
    b.i64(at('profile_create_timestamp'), Math.floor(start_ms * 1000));
    b.i64(at('profile_in_timestamp'), this.now_s * 1e6);
    b.str(at('trace_id'), marks.trace_id);
    b.str(at('span_name'), marks.span_name);
    b.strs(at('tag_names'), marks.names);
    b.strs(at('tag_values'), marks.values);
    b.i64(at('profile_value'), sample.value);
    b.end_row();
    this.rows++;
  }
}

function marks_of(pushed: Pushed, about: Labels, sample: Sample): Marks {
  const { profile, kind } = pushed;
  const own = profile.labels[sample.labels]!;
  const type = profile.types[sample.type]!;
  const told = kind_of(type.name, type.unit);
  const all = new Map<string, string>([
    ...about,
    ...own,
    [NAME_LABEL, kind || told.name],
    [PERIOD_TYPE_LABEL, profile.period?.name ?? told.period_type],
    [PERIOD_UNIT_LABEL, profile.period?.unit ?? told.period_unit],
  ]);
  const thread_id = Number(label_of(own, THREAD_ID_LABELS));
  return {
    thread_id: Number.isInteger(thread_id) && thread_id > 0 && thread_id < 2 ** 32 ? thread_id : 0,
    thread_name: label_of(own, THREAD_NAME_LABELS),
    trace_id: label_of(own, TRACE_LABELS),
    span_name: label_of(own, SPAN_NAME_LABELS),
    names: [...all.keys()],
    values: [...all.values()],
  };
}
