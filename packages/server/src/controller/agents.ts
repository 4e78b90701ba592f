// The agents this server knows: a lasting 16-bit id each, and what each said last.
import { ADDRESSES_MAX, type SyncRequest } from '@sonde/records';
import { z } from 'zod';
import { read_json, write_json } from '../files.ts';

const AGENT_ID_MAX = 65_535;
/** Agents sync every few seconds; one that was silent for this long is shown as lost. */
const LOST_AFTER_MS = 20_000;

const WORD = /^[A-Za-z0-9_.:@-]{1,128}$/;
const text = z.string().max(1024);
export const SYNC_REQUEST: z.ZodType<SyncRequest> = z.object({
  agent: z.string().regex(WORD),
  boot: z.string().regex(WORD),
  host: text,
  version: text,
  pid: z.number().int(),
  started_ms: z.number(),
  state: z.enum(['running', 'no_ebpf', 'restricted']),
  problems: z.array(text).max(100),
  counters: z.record(z.string().max(128), z.number()),
  settings_version: text,
  addresses: z.array(z.string().max(64)).max(ADDRESSES_MAX).optional(),
});
const STORED = z.object({ agents: z.record(z.string(), z.number().int().min(1).max(AGENT_ID_MAX)) });

export interface AgentStatus extends Omit<SyncRequest, 'agent' | 'state'> {
  readonly id: number;
  readonly agent: string;
  /** 'lost': not heard of for a while. */
  readonly state: SyncRequest['state'] | 'lost';
  readonly last_seen_ms: number;
}

export class Agents {
  private readonly path: string;
  private readonly ids: Map<string, number>;
  private readonly seen = new Map<string, { said: SyncRequest; last_seen_ms: number }>();
  private writing: Promise<void> = Promise.resolve();

  private constructor(path: string, ids: Map<string, number>) {
    this.path = path;
    this.ids = ids;
  }

  static async open(path: string): Promise<Agents> {
    const stored = STORED.parse((await read_json(path)) ?? { agents: {} });
    return new Agents(path, new Map(Object.entries(stored.agents)));
  }

  /** Id of an agent; a new one is kept on disk before it is given. Throws when all 65,535 are in use. */
  async id_of(agent: string): Promise<number> {
    const known = this.ids.get(agent);
    if (known !== undefined) {
      await this.writing;
      return known;
    }
    const used = new Set(this.ids.values());
    let id = 1;
    while (used.has(id)) id++;
    if (id > AGENT_ID_MAX) throw new Error(`All ${AGENT_ID_MAX} agent ids are in use.`);
    this.ids.set(agent, id);
    this.writing = this.writing
      .catch(() => {})
      .then(() => write_json(this.path, { agents: Object.fromEntries(this.ids) }));
    await this.writing;
    return id;
  }

  saw(said: SyncRequest): void {
    this.seen.set(said.agent, { said, last_seen_ms: Date.now() });
  }

  /** Agents heard of since this server started. */
  list(): AgentStatus[] {
    const now = Date.now();
    return [...this.seen.values()]
      .map(({ said, last_seen_ms }) => ({
        ...said,
        id: this.ids.get(said.agent) ?? 0,
        state: now - last_seen_ms > LOST_AFTER_MS ? ('lost' as const) : said.state,
        last_seen_ms,
      }))
      .sort((a, b) => a.id - b.id);
  }
}
