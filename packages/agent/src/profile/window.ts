// What each stack of each thread cost in a second.
import type { Sample } from './sampler.ts';
import type { Stack } from './stacks.ts';

/** Rows of all seconds together that wait; more are dropped and counted. */
const ROWS_MAX = 262_144;

export interface Row {
  readonly stack: Stack;
  readonly kind: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  value: number;
}

export class Window {
  private readonly seconds = new Map<number, Map<Stack, Row[]>>();
  private rows = 0;
  dropped = 0;

  add(second: number, stack: Stack, sample: Sample): void {
    let stacks = this.seconds.get(second);
    if (stacks === undefined) {
      stacks = new Map();
      this.seconds.set(second, stacks);
    }
    const rows = stacks.get(stack);
    const { kind, pid, tid, value } = sample;
    const known = rows?.find((row) => row.tid === tid && row.kind === kind && row.pid === pid);
    if (known !== undefined) {
      known.value += value;
      return;
    }
    if (this.rows >= ROWS_MAX) {
      this.dropped++;
      return;
    }
    this.rows++;
    const row: Row = { stack, kind, pid, tid, comm: sample.comm, value };
    if (rows === undefined) stacks.set(stack, [row]);
    else rows.push(row);
  }

  /** Hands over the rows of seconds before `until`; one that `send` does not take (false) comes again. */
  take(until: number, send: (second: number, row: Row) => boolean): void {
    for (const [second, stacks] of this.seconds) {
      if (second >= until) continue;
      for (const [stack, rows] of stacks) {
        const left = rows.filter((row) => !send(second, row));
        this.rows -= rows.length - left.length;
        if (left.length === 0) stacks.delete(stack);
        else stacks.set(stack, left);
      }
      if (stacks.size === 0) this.seconds.delete(second);
    }
  }
}
