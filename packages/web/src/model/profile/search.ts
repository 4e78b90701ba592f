// Search by regular expression, over names and libraries of functions.
import type { Layout } from './layout.ts';
import type { Fn, Tree } from './tree.ts';

export type Pattern = { readonly test: (fn: Fn) => boolean } | { readonly problem: string };

/** Upper and lower case are the same unless the pattern has an upper-case letter. */
export function pattern_of(search: string): Pattern | undefined {
  if (search === '') return undefined;
  try {
    const expression = new RegExp(search, /\p{Lu}/u.test(search.replace(/\\./g, '')) ? 'u' : 'iu');
    return { test: (fn) => expression.test(fn.name) || (fn.module !== '' && expression.test(fn.module)) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

export interface Found {
  /** By function. */
  readonly matched: Uint8Array;
  /** By position of the layout: how many frames before it match. */
  readonly before: Int32Array;
  readonly frames: number;
  /** Value below frames that match, each counted once. */
  readonly total: number;
}

export function search(tree: Tree, layout: Layout, test: (fn: Fn) => boolean): Found {
  const matched = Uint8Array.from(tree.functions, (fn) => (test(fn) ? 1 : 0));
  const count = tree.fn.length;
  const inside = new Uint8Array(count);
  let total = 0;
  for (let node = 1; node < count; node++) {
    const above = inside[tree.parent[node]!]!;
    const here = matched[tree.fn[node]!]!;
    inside[node] = above | here;
    if (here && !above) total += tree.total[node]!;
  }
  const before = new Int32Array(count + 1);
  for (let at = 0; at < count; at++) {
    const node = layout.order[at]!;
    before[at + 1] = before[at]! + (node > 0 ? matched[tree.fn[node]!]! : 0);
  }
  return { matched, before, frames: before[count]!, total };
}
