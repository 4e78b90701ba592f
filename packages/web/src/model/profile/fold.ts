// Folding: frames of the kernel or of libraries that follow one another become one.
import { type Fn, type Kind, type Tree, TreeBuilder } from './tree.ts';

export const FOLDABLE = ['kernel', 'library'] as const;
export type Foldable = (typeof FOLDABLE)[number];
const LETTER: Readonly<Record<Foldable, Kind>> = { kernel: 'K', library: 'L' };

/** A run of library frames is named by the library that was called, though it may have called others. */
const folded = (fn: Fn): Fn =>
  fn.kind === 'K'
    ? { name: 'kernel', kind: 'K', module: '' }
    : { name: fn.module || 'libraries', kind: 'L', module: fn.module };

export function fold(tree: Tree, what: readonly Foldable[]): Tree {
  if (what.length === 0 || tree.fn.length === 0) return tree;
  const letters = new Set(what.map((name) => LETTER[name]));
  const builder = new TreeBuilder(tree.functions[tree.fn[0]!]!);
  const folds = tree.functions.map((fn) => letters.has(fn.kind));
  const fns = tree.functions.map((fn, i) => builder.function_of(folds[i] ? folded(fn) : fn));
  const into = new Int32Array(tree.fn.length);
  for (let node = 0; node < tree.fn.length; node++) {
    const parent = tree.parent[node]!;
    const fn = tree.fn[node]!;
    const above = parent < 0 ? -1 : tree.fn[parent]!;
    const goes_on = above >= 0 && folds[fn] && folds[above] && tree.functions[fn]!.kind === tree.functions[above]!.kind;
    const to = node === 0 ? 0 : goes_on ? into[parent]! : builder.child(into[parent]!, fns[fn]!);
    into[node] = to;
    builder.self[to]! += tree.self[node]!;
    if (!goes_on) builder.total[to]! += tree.total[node]!;
  }
  return builder.take();
}
