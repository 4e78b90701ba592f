// Tags that several sources give the same resource: a cloud's own and those of a CMDB. Of one key the later source in order counts.
import type { CustomTagFamily, Resource } from '@sonde/records';
import type { Inventory } from '../../inventory.ts';
import { kept } from '../../kept.ts';
import type { TagsOf } from './place.ts';

type Values = Readonly<Record<string, string>>;
interface Page {
  readonly resource: Resource;
  readonly family: CustomTagFamily;
  readonly by_source: Map<string, Values>;
  told: string;
}

export class TagBook {
  private readonly inventory: Inventory;
  private readonly pages = new Map<string, Page>();
  private readonly of_source = new Map<string, ReadonlySet<string>>();

  constructor(inventory: Inventory) {
    this.inventory = inventory;
  }

  /** All that a source says; sources are in the order of their names, the last of which counts. */
  replace(source: string, tags: readonly TagsOf[]): void {
    const before = this.of_source.get(source) ?? new Set<string>();
    const now = new Map<string, TagsOf>();
    for (const one of tags) {
      const key = `${one.family} ${one.resource.kind} ${one.resource.uid}`;
      const earlier = now.get(key);
      now.set(key, earlier === undefined ? one : { ...one, values: { ...earlier.values, ...one.values } });
    }
    for (const [key, { resource, family, values }] of now) {
      const page = kept(this.pages, key, (): Page => ({ resource, family, by_source: new Map(), told: '' }));
      page.by_source.set(source, values);
      this.tell(page);
    }
    for (const key of before) {
      const page = this.pages.get(key);
      if (now.has(key) || page === undefined) continue;
      page.by_source.delete(source);
      this.tell(page);
      if (page.by_source.size === 0) this.pages.delete(key);
    }
    this.of_source.set(source, new Set(now.keys()));
  }

  private tell(page: Page): void {
    const { resource, family, by_source } = page;
    const ordered = [...by_source].sort(([a], [b]) => (a < b ? -1 : 1));
    const values: Values = Object.assign({}, ...ordered.map(([, one]) => one));
    const text = JSON.stringify(values);
    if (text === page.told) return;
    page.told = text;
    this.inventory.custom_tags({ resource, family, values });
  }
}
