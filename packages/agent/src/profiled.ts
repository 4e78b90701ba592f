// What the profile stage is given: where its rows go, and who a process is. pipeline.ts provides it.
import type { Rows } from './call.ts';

export interface Profiled {
  /** Local entity id; 0 = nothing is known of it. */
  readonly entity: number;
  readonly service: string;
  readonly instance: string;
  readonly executable: string;
}
export interface ProfileOutput {
  readonly frames: Rows;
  readonly stacks: Rows;
  readonly rows: Rows;
  process(pid: number): Profiled;
  /** Seconds since the epoch of a monotonic moment. */
  wall_s(moment_ns: number): number;
}
