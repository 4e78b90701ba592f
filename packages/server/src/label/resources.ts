// Resources -> ids: dense from 1 over all kinds, stable across restarts. A source (hosts, Kubernetes, clouds, files) tells what an
// entity belongs to; its ids are handed out before they are stored and stored before the first entity that uses them.
import { createHash } from 'node:crypto';
import {
  CUSTOM_TAG_CHARS_MAX,
  CUSTOM_TAGS_MAX,
  type Column,
  type CustomTagFamily,
  type Entity,
  RESOURCE_FIELDS,
  type Resource,
  type ResourceKind,
  type UniversalTags,
} from '@sonde/records';
import { BlockBuilder } from '@sonde/records/codec';
import { ID_MAX } from './entities.ts';
import { IdTable, mark_of } from './id-table.ts';

/** What resources need of a store. */
export interface ResourceStore {
  /** In BlockBuilder order: id, RESOURCE_FIELDS. */
  readonly columns: readonly Column[];
  /** In BlockBuilder order: owner, name, value, version. */
  readonly tag_columns: readonly Column[];
  load(): AsyncIterable<readonly [id: number, ...fields: (string | number)[]]>;
  insert(block: Uint8Array, dedup_token: string): Promise<void>;
  insert_tags(block: Uint8Array, dedup_token: string): Promise<void>;
  /** What is stored of whole families: JSON by `owner family`. */
  families(owners: readonly number[]): Promise<ReadonlyMap<string, string>>;
  /** Makes what was stored visible to queries. */
  reload(): Promise<void>;
  /** Ids that no stored entity refers to; some of many. */
  unreferenced(): Promise<readonly (readonly [id: number, uid: string])[]>;
  /** Removes them with their tags. */
  remove(ids: readonly number[]): Promise<void>;
  /** Clears away what stands for tags that are gone. */
  compact(): Promise<void>;
}

/** Says which resources an entity belongs to, as far as it knows. */
export type TagSource = (entity: Entity, ids: Resources) => UniversalTags;

/** A machine of which nothing but its host name is known: what DeepFlow calls host and, in a cloud, chost. */
export function machine_tags(hostname: string, ids: Resources): UniversalTags {
  if (hostname === '') return {};
  const id = ids.host(hostname);
  return { host: id, chost: id };
}
/** The machine of the agent. */
export const host_source: TagSource = (entity, ids) => machine_tags(entity.host, ids);

interface Tag {
  readonly owner: number;
  readonly name: string;
  readonly value: string;
}
type Values = Readonly<Record<string, string>>;
interface TagSet {
  readonly owner: number;
  readonly family: CustomTagFamily;
  readonly values: Values;
  /** Nothing can be stored of it yet. */
  readonly fresh: boolean;
}
const SERIALS_A_MS = 4_000_000;
/** Owners asked for in one question of the store. */
const OWNERS_MAX = 2000;

export class Resources {
  private readonly store: ResourceStore;
  private readonly known_max: number;
  private readonly token: string;
  private readonly table = new IdTable();
  private next = 1;
  private use = 1;
  /** Forgotten, and still in the tables. */
  private gone: number[] = [];
  private unsaved = new Map<number, Resource>();
  /** Yet to be stored, by `owner family`. */
  private sets = new Map<string, TagSet>();
  private saves = 0;
  private static serial = 0;
  private dirty = false;
  /** Resources that got no id because all are in use; their tags stay empty. */
  exhausted = 0;

  private constructor(store: ResourceStore, known_max: number, token: string) {
    this.store = store;
    this.known_max = known_max;
    this.token = token;
  }

  /** `token` must be new at every start of the server. */
  static async open(store: ResourceStore, known_max: number, token: string): Promise<Resources> {
    const resources = new Resources(store, known_max, token);
    for await (const [id, ...fields] of store.load()) {
      resources.table.set(`${fields[0]} ${fields[1]}`, id, resources.use, mark_of(JSON.stringify(fields)));
      if (id >= resources.next) resources.next = id + 1;
    }
    return resources;
  }

  get size(): number {
    return this.table.size;
  }

  /** The id of a kind and uid; a change of the other fields is stored under the same id. 0 when no id is left. */
  id(resource: Resource): number {
    const key = `${resource.kind} ${resource.uid}`;
    const mark = mark_of(JSON.stringify(RESOURCE_FIELDS.map((field) => resource[field])));
    const same = this.table.get(key, this.use, mark);
    if (same !== 0) return same;
    const known = this.table.peek(key);
    if (known === 0 && (this.next > ID_MAX || this.table.size >= this.known_max)) {
      this.exhausted++;
      return 0;
    }
    const id = known === 0 ? this.next++ : known;
    this.table.set(key, id, this.use, mark);
    this.unsaved.set(id, resource);
    return id;
  }

  /** The id of a machine by its host name, whoever speaks of it. */
  host(name: string): number {
    return this.id({ kind: 'host', uid: name, name, hostname: name, ip: '', type: 0 });
  }

  /** All custom tags of a family that an owner has now. What is beyond the bounds is cut off. */
  set_tags(owner: number, family: CustomTagFamily, values: Values): void {
    if (owner !== 0) this.put_set({ owner, family, values, fresh: false });
  }

  /** The id of a set of labels: equal sets are one, so the labels of a thousand equal pods are stored once. */
  label_set(labels: Readonly<Record<string, string>>): number {
    const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    if (entries.length === 0) return 0;
    // The set itself would be kept in memory twice, thousands of characters each.
    const uid = createHash('sha256').update(JSON.stringify(entries)).digest('base64url');
    const fresh = this.table.peek(`${'label_set' satisfies ResourceKind} ${uid}`) === 0;
    const id = this.id({ kind: 'label_set', uid, name: '', hostname: '', ip: '', type: 0 });
    if (fresh && id !== 0) this.put_set({ owner: id, family: 'k8s.label', values: Object.fromEntries(entries), fresh });
    return id;
  }

  /** Resolves when all that was handed out is stored: true when there was something. A failure keeps it for the next call. */
  async save(): Promise<boolean> {
    const resources = this.unsaved;
    const sets = this.sets;
    this.unsaved = new Map();
    this.sets = new Map();
    try {
      const token = `${this.token}/${++this.saves}`;
      const tags = await this.changes([...sets.values()]);
      if (resources.size > 0) await this.store.insert(this.resource_block(resources), `resources/${token}`);
      if (tags.length > 0) await this.store.insert_tags(this.tag_block(tags), `custom_tags/${token}`);
      const stored = resources.size > 0 || tags.length > 0;
      if (stored) this.dirty = true;
      return stored;
    } catch (error) {
      this.unsaved = new Map([...resources, ...this.unsaved]);
      this.sets = new Map([...sets, ...this.sets]);
      throw error;
    }
  }

  /** As of entities (EntityIds.sweep), after them. What `alive` says of a uid stays, for its tags are not told again. */
  async sweep(alive: (uid: string) => boolean): Promise<number> {
    this.use++;
    const unreferenced = new Map(await this.store.unreferenced());
    unreferenced.delete(this.next - 1);
    const gone = (id: number): boolean => unreferenced.has(id) && !alive(unreferenced.get(id)!);
    this.gone = this.gone.concat(this.table.forget(this.use - 1, gone));
    const ids = this.gone;
    if (ids.length > 0) await this.store.remove(ids);
    this.gone = [];
    await this.store.compact();
    this.dirty = true;
    return ids.length;
  }

  /** Makes what was stored since visible to queries. */
  async reload(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    await this.store.reload().catch((error: unknown) => {
      this.dirty = true;
      throw error;
    });
  }

  private put_set(set: TagSet): void {
    this.sets.set(`${set.owner} ${set.family}`, set);
  }

  /** What is to be stored so that owners have these tags and no others of the families. */
  private async changes(sets: readonly TagSet[]): Promise<Tag[]> {
    const stored = new Map<string, string>();
    const owners = [...new Set(sets.flatMap(({ owner, fresh }) => (fresh ? [] : [owner])))];
    for (let i = 0; i < owners.length; i += OWNERS_MAX)
      for (const [key, json] of await this.store.families(owners.slice(i, i + OWNERS_MAX))) stored.set(key, json);
    return sets.flatMap((set) => changed_tags(set, parsed(stored.get(`${set.owner} ${set.family}`))));
  }

  private resource_block(resources: ReadonlyMap<number, Resource>): Buffer {
    const b = new BlockBuilder(this.store.columns);
    for (const [id, resource] of resources) {
      b.u32(0, id);
      for (const [i, field] of RESOURCE_FIELDS.entries()) {
        const value = resource[field];
        if (typeof value === 'number') b.u8(i + 1, value);
        else b.str(i + 1, value);
      }
      b.end_row();
    }
    return b.take();
  }

  private tag_block(tags: readonly Tag[]): Buffer {
    const b = new BlockBuilder(this.store.tag_columns);
    // Seconds above, milliseconds and a serial number below: later ones win.
    const now_ms = Date.now();
    const second = Math.floor(now_ms / 1000);
    const low = (now_ms % 1000) * SERIALS_A_MS;
    for (const { owner, name, value } of tags) {
      b.u32(0, owner);
      b.str(1, name);
      b.str(2, value);
      b.u64(3, low + (Resources.serial++ % SERIALS_A_MS), second);
      b.end_row();
    }
    return b.take();
  }
}

const parsed = (json: string | undefined): Values =>
  json === undefined || json === '' ? {} : (JSON.parse(json) as Values);

function changed_tags({ owner, family, values }: TagSet, before: Values): Tag[] {
  const kept = Object.entries(values)
    .slice(0, CUSTOM_TAGS_MAX)
    .map(([key, value]) => [key, value.slice(0, CUSTOM_TAG_CHARS_MAX)] as const);
  const now = new Map(kept);
  const tags = kept
    .filter(([key, value]) => !Object.hasOwn(before, key) || before[key] !== value)
    .map(([key, value]): Tag => ({ owner, name: `${family}.${key}`, value }));
  for (const key of Object.keys(before)) if (!now.has(key)) tags.push({ owner, name: `${family}.${key}`, value: '' });
  if (tags.length === 0) return [];
  return [...tags, { owner, name: family, value: now.size === 0 ? '' : JSON.stringify(Object.fromEntries(now)) }];
}
