// One table's rows on their way out: a block being filled, the entities it uses, and the sequence of its batches.
import type { BatchHeader, Entity, RecordDefinition } from '@sonde/records';
import { BlockBuilder, encode_frame } from '@sonde/records/codec';
import type { Rows } from '../call.ts';

/** A block of this size is sent before its time. */
const BLOCK_BYTES_MAX = 8 * 1024 * 1024;
/** Less than the second in which windows come, so that none waits for the next. */
const FLUSH_EVERY_MS = 900;
/** Rows between two looks at the size. */
const LOOK_EVERY = 1024;
/** Below this compression costs more than it saves. */
const GZIP_BYTES_MIN = 1024;

export interface Origin {
  readonly agent: string;
  readonly boot: string;
  /** False towards a server on the same host: copying is cheaper than compressing. */
  readonly gzip: boolean;
  entity(local: number): Entity | undefined;
  push(frame: Buffer, rows: number): void;
}

export class TableStream implements Rows {
  readonly block: BlockBuilder;
  private readonly origin: Origin;
  private readonly definition: RecordDefinition;
  private readonly interval_s: number;
  private readonly used = new Set<number>();
  private sequence = 0;
  private flushed_ms = 0;
  /** Batches being encoded. */
  private pending: Promise<void> = Promise.resolve();

  constructor(origin: Origin, definition: RecordDefinition, interval_s: number) {
    this.origin = origin;
    this.definition = definition;
    this.interval_s = interval_s;
    this.block = new BlockBuilder(definition.columns.filter((column) => column.filled_by !== 'server'));
  }

  entity(local: number): void {
    this.used.add(local);
  }

  end_row(): void {
    this.block.end_row();
    if (this.block.rows % LOOK_EVERY === 0 && this.block.bytes_estimate > BLOCK_BYTES_MAX) this.flush();
  }

  /** The same as `flush`, but no sooner than a while after the last one: few large batches are cheaper for the store. */
  flush_due(now_ms: number): void {
    if (this.block.rows > 0 && now_ms - this.flushed_ms >= FLUSH_EVERY_MS) {
      this.flushed_ms = now_ms;
      this.flush();
    }
  }

  /** Hands the rows so far to the outbox. */
  flush(): void {
    const { rows } = this.block;
    if (rows === 0) return;
    const { agent, boot } = this.origin;
    const { database, table } = this.definition;
    const block = this.block.take();
    const entities: { local: number; entity: Entity }[] = [];
    for (const local of this.used) {
      const entity = this.origin.entity(local);
      if (entity !== undefined) entities.push({ local, entity });
    }
    this.used.clear();
    const header: BatchHeader = {
      agent,
      boot,
      stream: `${table}.${this.interval_s}`,
      sequence: ++this.sequence,
      database,
      table,
      interval_s: this.interval_s,
      rows,
      encoding: this.origin.gzip && block.length >= GZIP_BYTES_MIN ? 'gzip' : 'identity',
      entities,
    };
    this.pending = this.pending.then(async () => this.origin.push(await encode_frame(header, block), rows));
  }

  /** Resolves when every flushed batch has reached the outbox. */
  settled(): Promise<void> {
    return this.pending;
  }
}
