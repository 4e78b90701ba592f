// The table: a line a function, wherever it was called. A call within a call of the same function is counted once.
import { type Fn, fn_key, type Tree } from './tree.ts';

export interface FunctionLine {
  readonly key: string;
  readonly fn: Fn;
  readonly self: number;
  readonly total: number;
  /** The same of what is compared with; undefined when nothing is. */
  readonly before?: { readonly self: number; readonly total: number };
}

/** By node: whether the same function is above it. */
export function is_nested(tree: Tree): Uint8Array {
  const count = tree.fn.length;
  const nested = new Uint8Array(count);
  const { first_child, sibling } = links(tree);
  // A walk that enters and leaves each node: `open` counts calls of a function that are not over.
  const open = new Uint32Array(tree.functions.length);
  for (let node = count > 0 ? 0 : -1; node >= 0; ) {
    nested[node] = open[tree.fn[node]!]! > 0 ? 1 : 0;
    open[tree.fn[node]!]!++;
    if (first_child[node]! >= 0) {
      node = first_child[node]!;
      continue;
    }
    let leaving = node;
    open[tree.fn[leaving]!]!--;
    while (leaving > 0 && sibling[leaving]! < 0) {
      leaving = tree.parent[leaving]!;
      open[tree.fn[leaving]!]!--;
    }
    node = leaving === 0 ? -1 : sibling[leaving]!;
  }
  return nested;
}

function links(tree: Tree): { first_child: Int32Array; sibling: Int32Array } {
  const count = tree.fn.length;
  const [first_child, sibling] = [new Int32Array(count).fill(-1), new Int32Array(count).fill(-1)];
  for (let node = count - 1; node > 0; node--) {
    const parent = tree.parent[node]!;
    sibling[node] = first_child[parent]!;
    first_child[parent] = node;
  }
  return { first_child, sibling };
}

function sums_by_key(tree: Tree): Map<string, { fn: Fn; self: number; total: number }> {
  const nested = is_nested(tree);
  const sums = tree.functions.map((fn) => ({ fn, self: 0, total: 0, seen: false }));
  for (let node = 1; node < tree.fn.length; node++) {
    const sum = sums[tree.fn[node]!]!;
    sum.seen = true;
    sum.self += tree.self[node]!;
    if (nested[node] === 0) sum.total += tree.total[node]!;
  }
  return new Map(sums.filter((sum) => sum.seen).map((sum) => [fn_key(sum.fn), sum]));
}

export function function_lines(now: Tree, before?: Tree): FunctionLine[] {
  const sums = sums_by_key(now);
  if (before === undefined) return [...sums].map(([key, { fn, self, total }]) => ({ key, fn, self, total }));
  const then = sums_by_key(before);
  return [...new Set([...sums.keys(), ...then.keys()])].map((key) => {
    const [a, b] = [sums.get(key), then.get(key)];
    const known = { self: b?.self ?? 0, total: b?.total ?? 0 };
    return { key, fn: (a ?? b)!.fn, self: a?.self ?? 0, total: a?.total ?? 0, before: known };
  });
}
