// Profiles as lists of whole stacks: the plain form that trees are checked against.
import { type Fn, fn_key, type Kind, type TracingAnswer, type Tree, tree_of } from '../tree.ts';

export interface Stack {
  /** Outermost first. */
  readonly path: readonly Fn[];
  readonly value: number;
}

/** Numbers that look random and are the same every time (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Few functions, so that stacks share paths and call themselves; runs of library and kernel frames. */
export function random_stacks(seed: number, count: number, functions = 12, deepest = 14): Stack[] {
  const next = random(seed);
  const below = (n: number): number => Math.floor(next() * n);
  const kinds: readonly Kind[] = ['A', 'A', 'L', 'L', 'K', 'H', '?'];
  const known: Fn[] = Array.from({ length: functions }, (_, i) => {
    const kind = kinds[below(kinds.length)]!;
    const module = kind === 'L' ? `lib${below(3)}.so` : kind === 'K' ? '' : ['shop', ''][below(2)]!;
    // Names repeat in other modules and kinds.
    return { name: `f${i % Math.max(2, functions - 3)}`, kind, module };
  });
  return Array.from({ length: count }, () => ({
    path: Array.from({ length: below(deepest + 1) }, () => known[below(functions)]!),
    value: 1 + below(50),
  }));
}

const SHOWN: Readonly<Record<string, string>> = { K: '[k] ', L: '[l] ' };

/** What the server answers for these stacks. */
export function answer_of(stacks: readonly Stack[]): TracingAnswer {
  const functions: string[] = [''];
  const [types, modules] = [['A'], ['']];
  const ids = new Map<string, number>();
  const values: number[][] = [[0, -1, 0, 0]];
  const nodes = new Map<string, number>();
  for (const { path, value } of stacks) {
    let node = 0;
    values[0]![3]! += value;
    for (const fn of path) {
      const key = fn_key(fn);
      if (!ids.has(key)) {
        ids.set(key, functions.push((SHOWN[fn.kind] ?? '') + fn.name) - 1);
        types.push(fn.kind);
        modules.push(fn.module);
      }
      const place = `${node} ${key}`;
      if (!nodes.has(place)) nodes.set(place, values.push([ids.get(key)!, node, 0, 0]) - 1);
      node = nodes.get(place)!;
      values[node]![3]! += value;
    }
    values[node]![2]! += value;
  }
  return { functions, function_types: types, function_modules: modules, node_values: { values } };
}

export const tree_from = (stacks: readonly Stack[]): Tree => tree_of(answer_of(stacks), 'all');

export interface Cost {
  self: number;
  total: number;
}

/** Costs by path, counted stack by stack. */
export function costs_by_path(stacks: readonly Stack[]): Record<string, Cost> {
  const costs: Record<string, Cost> = {};
  for (const { path, value } of stacks)
    for (let depth = 0; depth <= path.length; depth++) {
      const key = path.slice(0, depth).map(fn_key).join(' > ');
      costs[key] ??= { self: 0, total: 0 };
      costs[key].total += value;
      if (depth === path.length) costs[key].self += value;
    }
  return costs;
}

/** The same of a tree. */
export function paths_of(tree: Tree): Record<string, Cost> {
  const names: string[] = [];
  const costs: Record<string, Cost> = {};
  for (let node = 0; node < tree.fn.length; node++) {
    const above = names[tree.parent[node]!];
    const own = fn_key(tree.functions[tree.fn[node]!]!);
    names[node] = above === undefined ? '' : above === '' ? own : `${above} > ${own}`;
    costs[names[node]!] = { self: tree.self[node]!, total: tree.total[node]! };
  }
  return costs;
}
