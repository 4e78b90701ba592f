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
  /** Quantiles asked of each sketch: one merge gives all of them. */
  readonly levels: ReadonlyMap<string, readonly number[]>;
}
export const ONE_LAYER: Needs = { two_layers: false, windows: false, levels: new Map() };

const call = (name: string, args: readonly string[], parameters?: string): string =>
  `${name}${parameters === undefined ? '' : `(${parameters})`}(${args.join(', ')})`;

/** Renders SQL for the layers it was told to make, and notes what it found to be needed. */
export class Plan {
  readonly given: Needs;
  readonly bind: Bind;
  #needs: Omit<Needs, 'levels'> = ONE_LAYER;
  readonly #levels = new Map<string, number[]>();
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

  /** Whether this rendering lacks what it found to be needed, so that another must follow. */
  get unmet(): Needs | undefined {
    const { two_layers, windows, levels } = this.given;
    const shared = [...this.#levels].some(([sketch, found]) => found.length !== (levels.get(sketch)?.length ?? 1));
    const met = two_layers >= this.#needs.two_layers && windows >= this.#needs.windows && !shared;
    return met ? undefined : { ...this.#needs, levels: this.#levels };
  }

  quantile(sketch: string, level: number, accuracy: string): string {
    const found = this.#levels.get(sketch) ?? [];
    if (!found.includes(level)) found.push(level);
    this.#levels.set(sketch, found);
    const levels = this.given.levels.get(sketch) ?? [];
    if (levels.length < 2) return this.aggregate('quantileDDMerge', [sketch], `${accuracy}, ${level}`);
    const all = this.aggregate('quantilesDDMerge', [sketch], `${accuracy}, ${levels.join(', ')}`);
    return `arrayElement(${all}, ${levels.indexOf(level) + 1})`;
  }

  over_windows(name: string, total: (aggregate: Aggregate) => string, how: OverWindows = {}): string {
    this.#needs = { two_layers: true, windows: true };
    if (!this.given.windows) return call(name, ['0'], how.parameters);
    const time = this.#inner(this.keys, 'time', 'k');
    const value = this.#inner(this.aggregates, total(call), 'a');
    return call(name, how.by_time ? [value, time] : [value], how.parameters);
  }

  /** Value of a tag as a key of the result's groups. */
  key(tag: Pick<Tag, 'columns' | 'value' | 'translated'>): string {
    if (tag.translated) this.#needs = { ...this.#needs, two_layers: true };
    const over_rows = tag.value(tag.columns, this.bind);
    if (!this.given.two_layers) return over_rows;
    // Windows are totalled a group of the result, so their layer must have its groups, not finer ones.
    if (!tag.translated || this.given.windows) return this.#inner(this.keys, over_rows, 'k');
    const columns = tag.columns.map((column) => this.#inner(this.keys, column, 'k'));
    return tag.value(columns, this.bind);
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
