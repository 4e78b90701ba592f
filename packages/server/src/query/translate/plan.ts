// One or two layers of grouping. Two are needed when windows must be totalled before something looks at them (Max of a
// counter), and when groups are named through dictionaries: rows are grouped by id first and translated after (design,
// principle 8). Aggregates pass between the layers as states, so every function works in either.
import type { OverWindows } from '../functions/function.ts';
import type { Aggregate } from '../metrics.ts';
import type { Bind } from '../params.ts';
import type { Tag } from '../tags/tag.ts';

export interface Needs {
  readonly two_layers: boolean;
  /** The inner layer groups by windows of the table too. */
  readonly windows: boolean;
}
export const ONE_LAYER: Needs = { two_layers: false, windows: false };

const call = (name: string, args: readonly string[], parameters?: string): string =>
  `${name}${parameters === undefined ? '' : `(${parameters})`}(${args.join(', ')})`;

/** Renders SQL for the layers it was told to make, and notes what it found to be needed. */
export class Plan {
  readonly given: Needs;
  readonly bind: Bind;
  needs: Needs = ONE_LAYER;
  /** SQL over rows -> its name in the inner layer. */
  readonly keys = new Map<string, string>();
  readonly aggregates = new Map<string, string>();

  constructor(given: Needs, bind: Bind) {
    this.given = given;
    this.bind = bind;
  }

  readonly aggregate: Aggregate = (name, args, parameters) => {
    if (!this.given.two_layers) return call(name, args, parameters);
    const state = this.#inner(this.aggregates, call(`${name}State`, args, parameters), 'a');
    // A merge of states gives a state that the same merge takes.
    return call(name.endsWith('Merge') ? name : `${name}Merge`, [state], parameters);
  };

  over_windows(name: string, total: (aggregate: Aggregate) => string, how: OverWindows = {}): string {
    this.needs = { two_layers: true, windows: true };
    if (!this.given.windows) return call(name, ['0'], how.parameters);
    const time = this.#inner(this.keys, 'time', 'k');
    const value = this.#inner(this.aggregates, total(call), 'a');
    return call(name, how.by_time ? [value, time] : [value], how.parameters);
  }

  /** Value of a tag as a key of the result's groups. */
  key(tag: Pick<Tag, 'columns' | 'value' | 'translated'>): string {
    if (tag.translated) this.needs = { ...this.needs, two_layers: true };
    if (!this.given.two_layers) return tag.value(tag.columns, this.bind);
    const outer = tag.translated || (this.given.windows && tag.columns.includes('time'));
    if (!outer) return this.#inner(this.keys, tag.value(tag.columns, this.bind), 'k');
    return tag.value(
      tag.columns.map((column) => this.#inner(this.keys, column, 'k')),
      this.bind,
    );
  }

  #inner(map: Map<string, string>, sql: string, prefix: string): string {
    let name = map.get(sql);
    if (name === undefined) {
      name = `${prefix}${map.size}`;
      map.set(sql, name);
    }
    return name;
  }
}
