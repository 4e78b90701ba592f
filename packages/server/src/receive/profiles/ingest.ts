// Pushed profiles -> labels -> store: the way of agents' rows, durable before acknowledged. All of a message is decoded before anything
// of it is stored, definitions go before the rows that use them, and rows go in one insert.
import { createHash } from 'node:crypto';
import { IN_PROCESS, PROFILE_FRAME, PROFILE_STACK, type RecordDefinition } from '@sonde/records';
import type { Counters } from '../../counters.ts';
import { LIMITS, ProfileError } from '../../formats/profile.ts';
import type { IngestDeps } from '../wire/ingest.ts';
import { Definitions } from './definitions.ts';
import { check_times, entity_of, type Pushed } from './pushed.ts';
import { type Block, blocks_of, LOCAL_ENTITY } from './rows.ts';

const MESSAGES_MAX = 8;
/** Profiles that came from no agent. */
const NO_AGENT = 0;

export interface PushOrigin {
  /** Address of the client; '' = not known. */
  readonly peer: string;
  /** What makes a retry the same push: the bytes and what came beside them. */
  readonly body: Uint8Array;
  readonly query: string;
}
/** The server cannot take it now; the client is to come again. */
export class PushLater extends Error {
  readonly status: 429 | 503;
  constructor(status: 429 | 503, message: string) {
    super(message);
    this.name = 'PushLater';
    this.status = status;
  }
}

export type ProfileIngestDeps = Pick<IngestDeps, 'label' | 'insert' | 'refusal'> & {
  readonly counters: Counters;
  /** How long profiles are kept. */
  readonly kept_hours: () => number;
};

export class ProfileIngest {
  private readonly deps: ProfileIngestDeps;
  private readonly definitions = new Definitions();
  private running = 0;

  constructor(deps: ProfileIngestDeps) {
    this.deps = deps;
  }

  /** `read` decodes the message. Resolves with the rows stored; rejects with a ProfileError, or with PushLater. */
  async take(origin: PushOrigin, read: (now_ms: number) => Promise<readonly Pushed[]>): Promise<number> {
    const { counters } = this.deps;
    const refusal = this.deps.refusal();
    if (refusal !== undefined) throw this.later(503, refusal);
    if (this.running >= MESSAGES_MAX) throw this.later(429, `${this.running} profiles are being stored already.`);
    this.running++;
    try {
      const now_ms = Date.now();
      const pushed = await read(now_ms);
      check_whole(pushed);
      for (const one of pushed) check_times(one, now_ms, this.deps.kept_hours());
      const rows = await this.store(pushed, origin, now_ms);
      counters.add('ingest.profiles', pushed.length);
      counters.add('ingest.profile_rows', rows);
      return rows;
    } catch (error) {
      if (error instanceof ProfileError) {
        counters.add('drop.profile_refused');
        throw error;
      }
      throw this.later(503, (error as Error).message);
    } finally {
      this.running--;
    }
  }

  private later(status: 429 | 503, message: string): PushLater {
    this.deps.counters.add(`refused.profile_${status}`);
    return new PushLater(status, message);
  }

  private async store(pushed: readonly Pushed[], origin: PushOrigin, now_ms: number): Promise<number> {
    const token = createHash('sha256').update(origin.query).update('\0').update(origin.body).digest('hex');
    let stored = 0;
    let part = 0;
    for (const group of by_entity(pushed, origin.peer)) {
      const now_s = Math.floor(now_ms / 1000);
      const blocks = blocks_of(group.pushed, now_s, this.definitions);
      const put = (definition: RecordDefinition, block: Block) =>
        this.put(definition, block, group, `profiles/${token}/${part}/${definition.table}`);
      await put(PROFILE_FRAME, blocks.frames);
      await put(PROFILE_STACK, blocks.stacks);
      this.definitions.add(blocks.defined, now_s);
      await put(IN_PROCESS, blocks.rows);
      stored += blocks.rows.rows;
      part++;
    }
    return stored;
  }

  private async put(definition: RecordDefinition, block: Block, group: Group, token: string): Promise<void> {
    if (block.rows === 0) return;
    const entities = definition === IN_PROCESS ? [{ local: LOCAL_ENTITY, entity: group.entity }] : [];
    const header = { rows: block.rows, entities, interval_s: 0 };
    const labeled = await this.deps.label(block.bytes, definition, header, NO_AGENT);
    if (!labeled.ok) throw new Error(labeled.reason);
    const { database, table } = definition;
    await this.deps.insert({ database, table, interval_s: 0 }, labeled.block, token);
  }
}

interface Group {
  readonly entity: ReturnType<typeof entity_of>;
  readonly pushed: Pushed[];
}

/** Rows of one entity are one insert; of a message of many services each service's. */
function by_entity(pushed: readonly Pushed[], peer: string): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const one of pushed) {
    const entity = entity_of(one, peer);
    const key = JSON.stringify(entity);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { entity, pushed: [one] });
    else group.pushed.push(one);
  }
  return groups.values();
}

function check_whole(pushed: readonly Pushed[]): void {
  const samples = pushed.reduce((sum, { profile }) => sum + profile.samples.length, 0);
  if (samples > LIMITS.samples)
    throw new ProfileError(`The message has more than ${LIMITS.samples} samples in all.`, 413);
}
