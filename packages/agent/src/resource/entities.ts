// Entities by definition: the same definition has the same local id for as long as the agent runs.
import type { Entity } from '@sonde/records';

const ENTITIES_MAX = 65_536;

export class Entities {
  private readonly ids = new Map<string, number>();
  private readonly list: Entity[] = [];
  /** Definitions that found no place: their rows carry id 0. */
  refused = 0;

  /** Local id, from 1; 0 when there are too many. */
  id(entity: Entity): number {
    const key = JSON.stringify(entity);
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    if (this.list.length >= ENTITIES_MAX) {
      this.refused++;
      return 0;
    }
    this.list.push(entity);
    this.ids.set(key, this.list.length);
    return this.list.length;
  }

  get(id: number): Entity | undefined {
    return this.list[id - 1];
  }
}
