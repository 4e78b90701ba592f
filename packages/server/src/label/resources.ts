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

/** What resources need of a store. */
export interface ResourceStore {
  /** In BlockBuilder order: id, RESOURCE_FIELDS. */
  readonly columns: readonly Column[];
  /** In BlockBuilder order: owner, name, value, version. */
  readonly tag_columns: readonly Column[];
  load(): AsyncIterable<readonly [id: number, ...fields: (string | number)[]]>;
  insert(block: Uint8Array, dedup_token: string): Promise<void>;
  insert_tags(block: Uint8Array, dedup_token: string): Promise<void>;
  /** Makes what was stored visible to queries. */
  reload(): Promise<void>;
}

/** Says which resources an entity belongs to, as far as it knows. */
export type TagSource = (entity: Entity, ids: Resources) => UniversalTags;

/** The machine of the agent: what DeepFlow calls host and, in a cloud, chost. */
export const host_source: TagSource = (entity, ids) => {
  if (entity.host === '') return {};
  const id = ids.host(entity.host);
  return { host: id, chost: id };
};

interface Tag {
  readonly owner: number;
  readonly name: string;
  readonly value: string;
}

export class Resources {
  private readonly store: ResourceStore;
  private readonly ids_max: number;
  private readonly token: string;
  private readonly ids = new Map<string, number>();
  private readonly stored = new Map<number, string>();
  private next = 1;
  private unsaved = new Map<number, Resource>();
  private tags: Tag[] = [];
  private saves = 0;
  private serial = 0;
  private dirty = false;
  /** Resources that got no id because all are in use; their tags stay empty. */
  exhausted = 0;

  private constructor(store: ResourceStore, ids_max: number, token: string) {
    this.store = store;
    this.ids_max = ids_max;
    this.token = token;
  }

  /** `token` must be new at every start of the server. */
  static async open(store: ResourceStore, ids_max: number, token: string): Promise<Resources> {
    const resources = new Resources(store, ids_max, token);
    for await (const [id, ...fields] of store.load()) {
      resources.ids.set(`${fields[0]} ${fields[1]}`, id);
      resources.stored.set(id, JSON.stringify(fields));
      if (id >= resources.next) resources.next = id + 1;
    }
    return resources;
  }

  get size(): number {
    return this.ids.size;
  }

  /** The id of a kind and uid; a change of the other fields is stored under the same id. 0 when no id is left. */
  id(resource: Resource): number {
    const key = `${resource.kind} ${resource.uid}`;
    const known = this.ids.get(key);
    if (known === undefined && this.next > this.ids_max) {
      this.exhausted++;
      return 0;
    }
    const id = known ?? this.next++;
    const fields = JSON.stringify(RESOURCE_FIELDS.map((field) => resource[field]));
    if (this.stored.get(id) === fields) return id;
    this.ids.set(key, id);
    this.stored.set(id, fields);
    this.unsaved.set(id, resource);
    return id;
  }

  /** The id of a machine by its host name, whoever speaks of it. */
  host(name: string): number {
    return this.id({ kind: 'host', uid: name, name, hostname: name, ip: '', type: 0 });
  }

  /**
   * All custom tags of a family that an owner has now; `before` are the keys that it had, those that are missing go away. What is
   * beyond the bounds is cut off.
   */
  set_tags(
    owner: number,
    family: CustomTagFamily,
    values: Readonly<Record<string, string>>,
    before: Iterable<string> = [],
  ): void {
    const kept = Object.entries(values)
      .slice(0, CUSTOM_TAGS_MAX)
      .map(([key, value]) => [key, value.slice(0, CUSTOM_TAG_CHARS_MAX)] as const);
    for (const key of before) if (!(key in values)) this.tags.push({ owner, name: `${family}.${key}`, value: '' });
    for (const [key, value] of kept) this.tags.push({ owner, name: `${family}.${key}`, value });
    this.tags.push({ owner, name: family, value: kept.length === 0 ? '' : JSON.stringify(Object.fromEntries(kept)) });
  }

  /** The id of a set of labels: equal sets are one, so the labels of a thousand equal pods are stored once. */
  label_set(labels: Readonly<Record<string, string>>): number {
    const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    if (entries.length === 0) return 0;
    // The set itself would be kept in memory twice, thousands of characters each.
    const uid = createHash('sha256').update(JSON.stringify(entries)).digest('base64url');
    const fresh = !this.ids.has(`${'label_set' satisfies ResourceKind} ${uid}`);
    const id = this.id({ kind: 'label_set', uid, name: '', hostname: '', ip: '', type: 0 });
    if (fresh && id !== 0) this.set_tags(id, 'k8s.label', Object.fromEntries(entries));
    return id;
  }

  /** Resolves when all that was handed out is stored: true when there was something. A failure keeps it for the next call. */
  async save(): Promise<boolean> {
    const resources = this.unsaved;
    const tags = this.tags;
    this.unsaved = new Map();
    this.tags = [];
    try {
      const token = `${this.token}/${++this.saves}`;
      if (resources.size > 0) await this.store.insert(this.resource_block(resources), `resources/${token}`);
      if (tags.length > 0) await this.store.insert_tags(this.tag_block(tags), `custom_tags/${token}`);
      const stored = resources.size > 0 || tags.length > 0;
      if (stored) this.dirty = true;
      return stored;
    } catch (error) {
      this.unsaved = new Map([...resources, ...this.unsaved]);
      this.tags = [...tags, ...this.tags];
      throw error;
    }
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
    // Seconds above, a serial number below: later ones win.
    const second = Math.floor(Date.now() / 1000);
    for (const { owner, name, value } of tags) {
      b.u32(0, owner);
      b.str(1, name);
      b.str(2, value);
      b.u64(3, this.serial++ >>> 0, second);
      b.end_row();
    }
    return b.take();
  }
}
