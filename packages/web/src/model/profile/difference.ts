// Two trees laid over each other. What is compared is shares: each side is divided by its own total, so that a longer range or a
// busier service does not make everything look like more.
import { type Fn, sum_of, type Tree, TreeBuilder } from './tree.ts';

const spread = (values: Float64Array, into: Int32Array, count: number): Float64Array => {
  const out = new Float64Array(count);
  for (let node = 0; node < values.length; node++) out[into[node]!]! += values[node]!;
  return out;
};

function place(tree: Tree, builder: TreeBuilder): Int32Array {
  const fns = tree.functions.map((fn) => builder.function_of(fn));
  const into = new Int32Array(tree.fn.length);
  for (let node = 1; node < tree.fn.length; node++)
    into[node] = builder.child(into[tree.parent[node]!]!, fns[tree.fn[node]!]!);
  return into;
}

/** Widths are the mean of both shares: what exists on one side only is still seen. A side without samples has no say in them. */
export function difference(before: Tree, now: Tree): Tree {
  const root: Fn = now.functions[now.fn[0]!]!;
  const builder = new TreeBuilder(root);
  const [into_now, into_before] = [place(now, builder), place(before, builder)];
  const tree = builder.take();
  const count = tree.fn.length;
  const side = (of: Tree, into: Int32Array) => ({
    self: spread(of.self, into, count),
    total: spread(of.total, into, count),
  });
  const sides = { before: side(before, into_before), now: side(now, into_now) };
  const weights = [sum_of(before), sum_of(now)].map((sum) => (sum > 0 ? 1 / sum : 0)) as [number, number];
  const both = weights.filter((w) => w > 0).length || 1;
  for (const what of ['self', 'total'] as const)
    for (let node = 0; node < count; node++)
      tree[what][node] = (sides.before[what][node]! * weights[0] + sides.now[what][node]! * weights[1]) / both;
  return { ...tree, sides };
}

/** Share of each side that a node has. */
export interface Shares {
  readonly before: number;
  readonly now: number;
}
export function shares_of(tree: Tree, node: number): Shares {
  const share = (values: Float64Array | undefined): number => (values?.[0] ? values[node]! / values[0] : 0);
  return { before: share(tree.sides?.before.total), now: share(tree.sides?.now.total) };
}

/** -1 (gone) .. 1 (new): the change in relation to the larger share. */
export const change_of = ({ before, now }: Shares): number => {
  const larger = Math.max(before, now);
  return larger === 0 ? 0 : (now - before) / larger;
};
