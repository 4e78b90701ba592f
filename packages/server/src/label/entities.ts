// Entity definitions -> global 32-bit ids: dense from 1, stable across restarts, the same for all agents (decision 0003).
// An id is handed out only after its definition is stored, so no row can refer to a name that a crash forgot.
import {
  ENTITY_FIELDS,
  type Entity,
  type EntityLabel,
  LABEL_FIELDS,
  NO_LABEL,
  RESOURCE_KINDS,
  type UniversalTags,
} from '@sonde/records';
import { BlockBuilder } from '@sonde/records/codec';
import type { Column } from '@sonde/records';
import { IdTable } from './id-table.ts';

/** What the labeler needs of a store. */
export interface EntityStore {
  /** Columns of the table, in BlockBuilder order: id, ENTITY_FIELDS, an id for each of RESOURCE_KINDS, LABEL_FIELDS. */
  readonly columns: readonly Column[];
  /** All stored entities, values as in `columns`. */
  load(): AsyncIterable<readonly [id: number, ...fields: (string | number)[]]>;
  insert(block: Uint8Array, dedup_token: string): Promise<void>;
  /** Makes names of new entities visible to queries. */
  reload(): Promise<void>;
  /** Ids that no stored row refers to; some of many. */
  unreferenced(): Promise<readonly number[]>;
  /** Removes their rows. */
  remove(ids: readonly number[]): Promise<void>;
}

/** What the server knows of entities beyond what agents say (resources.ts). */
export interface Universal {
  tags(entity: Entity): UniversalTags;
  /** Resolves when every id that was told is stored: true when there was something to store. */
  save(): Promise<boolean>;
  reload(): Promise<void>;
}
const NOTHING_KNOWN: Universal = { tags: () => ({}), save: async () => false, reload: async () => {} };

/** Ids are 32 bits wide and never given twice. */
export const ID_MAX = 2 ** 32 - 1;

const RELOAD_MS_MIN = 500;
const RELOAD_MS_MAX = 5000;
/** Reloading takes at most this share of the time. */
const RELOAD_SHARE = 1 / 50;

const resource_ids = (tags: UniversalTags): number[] => RESOURCE_KINDS.map((kind) => tags[kind] ?? 0);
/** The definition as one string: fields and resources in fixed order, nothing else. */
export const entity_key = (entity: Entity, tags: UniversalTags, label: EntityLabel = NO_LABEL): string =>
  JSON.stringify([
    ...ENTITY_FIELDS.map((field) => entity[field]),
    ...resource_ids(tags),
    ...LABEL_FIELDS.map((field) => label[field]),
  ]);

interface Unsaved {
  readonly id: number;
  readonly entity: Entity;
  readonly tags: UniversalTags;
  readonly label: EntityLabel;
}

export class EntityIds {
  private readonly store: EntityStore;
  private readonly table = new IdTable();
  private readonly known_max: number;
  private readonly token: string;
  private next = 1;
  /** Counts on with each sweep: what was used when. */
  private use = 1;
  /** Forgotten, and still in the tables. */
  private gone: number[] = [];
  private readonly universal: Universal;
  private unsaved: Unsaved[] = [];
  private saving: Promise<void> = Promise.resolve();
  private saves = 0;
  private reload_timer: NodeJS.Timeout | undefined;
  private reload_after_ms = RELOAD_MS_MIN;
  private reloaded_ms = Number.NEGATIVE_INFINITY;
  private closed = false;
  /** Reloads of the dictionaries since the start, and what they took together. */
  reloads = 0;
  reload_ms = 0;
  /** Definitions that got no id because all are in use; their rows show no name. */
  exhausted = 0;

  private constructor(store: EntityStore, known_max: number, token: string, universal: Universal) {
    this.store = store;
    this.universal = universal;
    this.known_max = known_max;
    this.token = token;
  }

  /** `known_max`: entities at once. `token` must be new at every start of the server. */
  static async open(
    store: EntityStore,
    known_max: number,
    token: string,
    universal: Universal = NOTHING_KNOWN,
  ): Promise<EntityIds> {
    const entities = new EntityIds(store, known_max, token, universal);
    for await (const [id, ...fields] of store.load()) {
      entities.table.set(JSON.stringify(fields), id, entities.use);
      if (id >= entities.next) entities.next = id + 1;
    }
    return entities;
  }

  get size(): number {
    return this.table.size;
  }

  /** Global ids by local id. Resolves when all of them are stored; rejects when storing failed (a later call tries again). */
  async resolve(
    definitions: readonly { readonly local: number; readonly entity: Entity }[],
  ): Promise<ReadonlyMap<number, number>> {
    const globals = new Map<number, number>([[0, 0]]);
    for (const { local, entity } of definitions) globals.set(local, this.id(entity, this.universal.tags(entity)));
    await this.stored();
    return globals;
  }

  /** Resolves when all ids that were given are stored, also those that another batch brought a moment ago; rejects as resolve does. */
  async stored(): Promise<void> {
    this.saving = this.saving.then(() => this.save()).catch(() => this.save());
    await this.saving;
  }

  /** Stops the timer. Names not yet visible become so at the next start. */
  close(): void {
    this.closed = true;
    clearTimeout(this.reload_timer);
  }

  /** The id of a definition, 0 when none is left. Not to be used in a row before `stored` has resolved. */
  id(entity: Entity, tags: UniversalTags, label: EntityLabel = NO_LABEL): number {
    const key = entity_key(entity, tags, label);
    const known = this.table.get(key, this.use);
    if (known !== 0) return known;
    if (this.next > ID_MAX || this.table.size >= this.known_max) {
      this.exhausted++;
      return 0;
    }
    const id = this.next++;
    this.table.set(key, id, this.use);
    this.unsaved.push({ id, entity, tags, label });
    return id;
  }

  /**
   * Forgets entities that no stored row refers to and no batch has used since the sweep before the last; gives how many. Never the
   * newest, so that ids are not given twice after a restart. Whoever keeps ids must ask for them anew since the last sweep.
   */
  async sweep(): Promise<number> {
    this.use++;
    const unreferenced = new Set(await this.store.unreferenced());
    unreferenced.delete(this.next - 1);
    this.gone = this.gone.concat(this.table.forget(this.use - 1, (id) => unreferenced.has(id)));
    const ids = this.gone;
    if (ids.length === 0) return 0;
    await this.store.remove(ids);
    this.gone = [];
    this.schedule_reload();
    return ids.length;
  }

  private async save(): Promise<void> {
    // Before it is looked at what is unsaved: ids that are told later are stored with a later batch.
    const changed = await this.universal.save();
    const batch = this.unsaved;
    if (batch.length === 0) {
      if (changed) this.schedule_reload();
      return;
    }
    this.unsaved = [];
    const b = new BlockBuilder(this.store.columns);
    const labels_at = 1 + ENTITY_FIELDS.length + RESOURCE_KINDS.length;
    for (const { id, entity, tags, label } of batch) {
      b.u32(0, id);
      for (const [i, field] of ENTITY_FIELDS.entries()) {
        const value = entity[field];
        if (typeof value === 'number') b.u8(i + 1, value);
        else b.str(i + 1, value);
      }
      for (const [i, resource] of resource_ids(tags).entries()) b.u32(1 + ENTITY_FIELDS.length + i, resource);
      b.str(labels_at, label.gprocess);
      b.u8(labels_at + 1, label.tag_source);
      b.end_row();
    }
    try {
      await this.store.insert(b.take(), `entities/${this.token}/${++this.saves}`);
    } catch (error) {
      this.unsaved = [...batch, ...this.unsaved];
      throw error;
    }
    this.schedule_reload();
  }

  /** Soon for the first after a pause, later while many arrive: a reload costs time in proportion to all entities. */
  private schedule_reload(): void {
    if (this.reload_timer !== undefined || this.closed) return;
    const wait = Math.max(0, this.reloaded_ms + this.reload_after_ms - performance.now());
    this.reload_timer = setTimeout(() => void this.reload(), wait);
    this.reload_timer.unref();
  }

  private async reload(): Promise<void> {
    const began = performance.now();
    const failed = await Promise.all([this.universal.reload(), this.store.reload()]).then(
      () => false,
      () => true,
    );
    this.reloaded_ms = performance.now();
    const cost = Math.round(this.reloaded_ms - began);
    this.reloads++;
    this.reload_ms += cost;
    this.reload_after_ms = Math.min(RELOAD_MS_MAX, Math.max(RELOAD_MS_MIN, cost / RELOAD_SHARE));
    this.reload_timer = undefined;
    if (failed) this.schedule_reload();
  }
}
