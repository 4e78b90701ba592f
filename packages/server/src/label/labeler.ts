// A batch's way through labelling: checks, the wait for sources to catch up, ids in place, and everything that the ids mean
// stored before the rows are.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchHeader, RecordDefinition } from '@sonde/records';
import { type BlockView, view_block } from '@sonde/records/codec';
import { BlockLabeler, column_problem, type LabelResult } from './block.ts';
import type { Ends } from './ends.ts';
import type { EntityIds } from './entities.ts';
import { RowTimes } from './row-times.ts';
import { LAG_US } from './tenancy.ts';

/** So long after a row its ends are looked up. */
const SETTLE_MS = LAG_US / 1000;
/** How often it is looked whether a source has caught up. */
const CATCH_UP_MS = 50;

export class Labeler {
  private readonly ids: EntityIds;
  private readonly ends: Ends;
  private readonly blocks = new BlockLabeler();
  private readonly settle_ms: number;
  /** Batches that waited here; agents that hold their rows back for long enough make none. */
  waited = 0;

  constructor(ids: EntityIds, ends: Ends, settle_ms = SETTLE_MS) {
    this.ids = ids;
    this.ends = ends;
    this.settle_ms = settle_ms;
  }

  /** So long should agents hold rows back, so that none waits here; 0 = not. */
  get hold_ms(): number {
    return this.ends.settles ? this.settle_ms : 0;
  }

  /** `bytes` is changed. */
  async label(
    bytes: Uint8Array,
    definition: RecordDefinition,
    header: Pick<BatchHeader, 'rows' | 'entities' | 'interval_s'>,
    agent_id: number,
  ): Promise<LabelResult> {
    const checked = check(bytes, definition, header.rows);
    if (typeof checked === 'string') return { ok: false, reason: checked };
    const times = new RowTimes(checked, header.interval_s);
    const tracked = header.entities.some(({ entity }) => this.ends.is_tracked(entity));
    const span = tracked ? times.span : { from_us: 0, to_us: 0 };
    if (tracked) await this.settled(header.entities, span.to_us);
    const globals = this.ends.of(header.entities, span);
    const labeled = this.blocks.label(checked, definition, agent_id, globals, times);
    await this.ids.stored();
    return labeled;
  }

  /** A clock that is ahead makes no longer wait; a source that is behind does, for a while. */
  private async settled(entities: BatchHeader['entities'], to_us: number): Promise<void> {
    const wait_ms = Math.min(this.hold_ms, to_us / 1000 + this.hold_ms - Date.now());
    if (wait_ms > 0) {
      this.waited++;
      await sleep(wait_ms);
    }
    while (this.ends.patience_us(entities, to_us) > 0) await sleep(CATCH_UP_MS);
  }
}

/** The block, or what is wrong with it. */
export function check(bytes: Uint8Array, definition: RecordDefinition, rows: number): BlockView | string {
  const result = view_block(bytes);
  if (!result.ok) return result.reason;
  const { block } = result;
  if (block.end !== bytes.length) return 'the block has bytes behind its end';
  if (block.rows !== rows) return `the header announces ${rows} rows, the block has ${block.rows}`;
  return column_problem(block, definition) ?? block;
}
