// POST /api/v1/ingest: frame -> checks -> labels -> store -> 200 when durable (docs/formats/wire.md).
// 400: the frame can never be taken, the agent drops and counts it. 429: come back later. 503: the store cannot take it now.
import { type BatchHeader, dedup_token, type RecordDefinition, STORED } from '@sonde/records';
import { decode_frame } from '@sonde/records/codec';
import type { Counters } from '../../counters.ts';

const BATCHES_MAX = 64;
const BYTES_MAX = 256 * 1024 * 1024;
const RETRY_AFTER_S = 1;
/** Store errors that no retry can mend. */
const FINAL_CODES: readonly unknown[] = ['bad_block', 'unknown_table'];

export interface IngestDeps {
  /** Id of the agent, given at its first batch if sync did not. */
  agent_id(agent: string): Promise<number>;
  /** `block` is changed. Resolves when everything that the labels mean is stored. */
  label(
    block: Uint8Array,
    definition: RecordDefinition,
    header: Pick<BatchHeader, 'rows' | 'entities' | 'interval_s'>,
    agent_id: number,
  ): Promise<{ ok: true; block: Uint8Array } | { ok: false; reason: string }>;
  insert(
    table: { database: string; table: string; interval_s: number },
    block: Uint8Array,
    dedup_token: string,
  ): Promise<void>;
  /** A sentence when nothing may be stored now (disk full). */
  refusal(): string | undefined;
  readonly counters: Counters;
}
export interface IngestAnswer {
  readonly status: 200 | 400 | 413 | 429 | 503;
  readonly body: { readonly rows: number } | { readonly code: string; readonly error: string };
  readonly retry_after_s?: number;
}

export class Ingest {
  private readonly deps: IngestDeps;
  private batches = 0;
  private bytes = 0;

  constructor(deps: IngestDeps) {
    this.deps = deps;
  }

  /** Takes one frame. Never throws. `body` is changed. */
  async take(body: Uint8Array): Promise<IngestAnswer> {
    const { counters } = this.deps;
    const refusal = this.deps.refusal();
    if (refusal !== undefined) return this.refuse(503, 'disk_full', refusal);
    if (this.batches >= BATCHES_MAX || this.bytes + body.length > BYTES_MAX) {
      return this.refuse(429, 'busy', `${this.batches} batches are being stored already.`);
    }
    this.batches++;
    this.bytes += body.length;
    try {
      const answer = await this.store(body);
      if (answer.status === 200 && 'rows' in answer.body) {
        counters.add('ingest.batches');
        counters.add('ingest.bytes', body.length);
        counters.add('ingest.rows', answer.body.rows);
      }
      return answer;
    } catch (error) {
      const { code = 'engine', message } = error as Error & { code?: string };
      return this.refuse(FINAL_CODES.includes(code) ? 400 : 503, code, message);
    } finally {
      this.batches--;
      this.bytes -= body.length;
    }
  }

  private async store(body: Uint8Array): Promise<IngestAnswer> {
    const { deps } = this;
    const decoded = await decode_frame(body);
    if (!decoded.ok) {
      const { code, message } = decoded.problem;
      return this.refuse(code === 'too_large' ? 413 : 400, code, message);
    }
    const { header, block } = decoded.frame;
    const definition = definition_of(header);
    if (definition === undefined) {
      return this.refuse(
        400,
        'unknown_table',
        `There is no table ${header.database}.${header.table} of ${header.interval_s} s.`,
      );
    }
    if (header.rows === 0) return { status: 200, body: { rows: 0 } };
    const agent_id = await deps.agent_id(header.agent);
    const labeled = await deps.label(block, definition, header, agent_id);
    if (!labeled.ok) return this.refuse(400, 'bad_block', labeled.reason);
    const { database, table, interval_s } = header;
    await deps.insert({ database, table, interval_s }, labeled.block, dedup_token(header));
    return { status: 200, body: { rows: header.rows } };
  }

  private refuse(status: Exclude<IngestAnswer['status'], 200>, code: string, error: string): IngestAnswer {
    // What is refused for good is lost; the rest is still with the agent.
    this.deps.counters.add(status === 400 || status === 413 ? `drop.batch_${code}` : `refused.${code}`);
    return { status, body: { code, error }, ...(status >= 429 ? { retry_after_s: RETRY_AFTER_S } : {}) };
  }
}

function definition_of(header: BatchHeader): RecordDefinition | undefined {
  return STORED.find(
    (d) =>
      d.database === header.database &&
      d.table === header.table &&
      (d.intervals_s.length === 0 ? header.interval_s === 0 : d.intervals_s.includes(header.interval_s)),
  );
}
