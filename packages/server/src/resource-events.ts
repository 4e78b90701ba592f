// Changes of resources as rows of event.event. They wait as rows of traffic do, so that the thing they are about is known.
import { EVENT } from '@sonde/records';
import { BlockBuilder } from '@sonde/records/codec';
import type { Counters } from './counters.ts';
import type { ResourceEvent } from './inventory.ts';

const TABLE = { database: EVENT.database, table: EVENT.table, interval_s: 0 };
const WAITING_MAX = 20_000;
const SETTLE_MS = 2000;
const SOURCES = { resource: 1, kubernetes: 3 } as const satisfies Record<ResourceEvent['from'], number>;

/** Entity of the thing at the time, 0 = none. Stored once `stored` of entities resolves. */
type EntityAt = (uid: string, at_us: number) => number;
interface Entities {
  stored(): Promise<void>;
}
interface Rows {
  insert(table: typeof TABLE, block: Uint8Array, token: string): Promise<void>;
}

export class ResourceEvents {
  private readonly entity_at: EntityAt;
  private readonly entities: Entities;
  private readonly store: Rows;
  private readonly counters: Counters;
  private readonly boot: string;
  private waiting: { readonly event: ResourceEvent; readonly heard_ms: number }[] = [];
  private written = 0;
  private serial = 0;

  /** `boot` must be new at every start. */
  constructor(entity_at: EntityAt, entities: Entities, store: Rows, counters: Counters, boot: string) {
    this.entity_at = entity_at;
    this.entities = entities;
    this.store = store;
    this.counters = counters;
    this.boot = boot;
  }

  tell(event: ResourceEvent): void {
    if (this.waiting.length < WAITING_MAX) this.waiting.push({ event, heard_ms: Date.now() });
    else this.counters.add('drop.resource_events');
  }

  /** To be called every second or so, one at a time. What cannot be stored is tried again. */
  async write(): Promise<void> {
    const until_ms = Date.now() - SETTLE_MS;
    const later = this.waiting.findIndex(({ heard_ms }) => heard_ms > until_ms);
    const due = later < 0 ? this.waiting.length : later;
    if (due === 0) return;
    const block = this.encode(this.waiting.slice(0, due).map(({ event }) => event));
    await this.entities.stored();
    await this.store.insert(TABLE, block, `events/${this.boot}/${this.written + 1}`);
    this.written++;
    this.waiting = this.waiting.slice(due);
    this.counters.add('ingest.resource_events', due);
  }

  private encode(events: readonly ResourceEvent[]): Uint8Array {
    const b = new BlockBuilder(EVENT.columns);
    const at = (name: string): number => b.column(name);
    for (const event of events) {
      const second = Math.floor(event.at_us / 1e6);
      b.u32(at('time'), second);
      b.u64(at('_id'), this.serial++ >>> 0, second);
      b.i64(at('start_time'), Math.floor(event.at_us));
      b.i64(at('end_time'), Math.floor(event.at_us));
      b.u32(at('entity_id'), event.uid === '' ? 0 : this.entity_at(event.uid, event.at_us));
      b.u16(at('signal_source'), SOURCES[event.from]);
      b.str(at('event_type'), event.type);
      b.str(at('event_desc'), event.description);
      b.strs(at('attribute_names'), [...Object.keys(event.attributes), 'cluster']);
      b.strs(at('attribute_values'), [...Object.values(event.attributes), event.scope]);
      b.end_row();
    }
    return b.take();
  }
}
