// What the profile stage would send, put together again as the querier does it.
import { agent_columns, IN_PROCESS, PROFILE_FRAME, PROFILE_STACK, type RecordDefinition } from '@sonde/records';
import { BlockBuilder, decode_block, type StackFrame, type Value } from '@sonde/records/codec';
import type { Rows } from '../../call.ts';
import type { ProfileOutput } from '../../profiled.ts';

export interface Collected {
  readonly second: number;
  readonly pid: number;
  readonly tid: number;
  readonly thread: string;
  readonly event: string;
  readonly value: number;
  /** Outermost first. */
  readonly frames: readonly StackFrame[];
}

class Kept implements Rows {
  readonly block: BlockBuilder;

  constructor(definition: RecordDefinition) {
    this.block = new BlockBuilder(agent_columns(definition));
  }
  entity(): void {}
  end_row(): void {
    this.block.end_row();
  }
  /** The rows so far as objects; they are kept no longer. */
  take(): Record<string, Value>[] {
    const block = decode_block(this.block.take());
    if ('reason' in block) throw new Error(block.reason);
    return Array.from({ length: block.rows }, (_, row) =>
      Object.fromEntries(block.columns.map((column) => [column.name, column.values[row]!])),
    );
  }
}

export class Collector implements ProfileOutput {
  readonly frames = new Kept(PROFILE_FRAME);
  readonly stacks = new Kept(PROFILE_STACK);
  readonly rows = new Kept(IN_PROCESS);
  private readonly known_frames = new Map<Value, StackFrame>();
  private readonly known_stacks = new Map<Value, readonly Value[]>();
  executable: (pid: number) => string = () => '';

  process(pid: number) {
    return { entity: 0, service: String(pid), instance: '', executable: this.executable(pid) };
  }
  wall_s(moment_ns: number): number {
    return Math.floor(moment_ns / 1e9);
  }

  take(): Collected[] {
    for (const { frame_id, frame_type, name, module } of this.frames.take())
      this.known_frames.set(frame_id!, { type: frame_type, name, module } as StackFrame);
    for (const { stack_id, frame_ids } of this.stacks.take())
      this.known_stacks.set(stack_id!, frame_ids as readonly Value[]);
    return this.rows.take().map((row) => ({
      second: Number(row.time),
      pid: Number(row.process_id),
      tid: Number(row.thread_id),
      thread: String(row.thread_name),
      event: String(row.profile_event_type),
      value: Number(row.profile_value ?? 0),
      frames: (this.known_stacks.get(row.stack_id!) ?? []).map((id) => this.known_frames.get(id)!),
    }));
  }
}

/** Share of each function in the whole cost, by where it is innermost (self) and where it is anywhere on the stack (total). */
export function shares(rows: readonly Collected[]): {
  self: Map<string, number>;
  total: Map<string, number>;
  sum: number;
} {
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  let sum = 0;
  for (const { value, frames } of rows) {
    sum += value;
    const inner = frames.at(-1)?.name ?? '';
    self.set(inner, (self.get(inner) ?? 0) + value);
    for (const name of new Set(frames.map((frame) => frame.name))) total.set(name, (total.get(name) ?? 0) + value);
  }
  for (const part of [self, total]) for (const [name, value] of part) part.set(name, value / sum);
  return { self, total, sum };
}
