// Flame graphs in Pyroscope's form: levels of nodes from left to right. Of a node: how far right of the end of the node before it on the
// level it begins, its total, its self, its name. A graph of two profiles has the first three of each.
import type { CostedStack, NamedFrame } from '../profile/flame.ts';

const OTHER = 'other';
const TOTAL = 'total';
const NODES_DEFAULT = 8192;
const NODES_MAX = 100_000;

/** By name: what two functions of one name cost is one thing here. */
interface Node {
  readonly name: string;
  readonly total: number[];
  readonly self: number[];
  readonly children: Map<string, Node>;
}
const node = (name: string, sides: number): Node => ({
  name,
  total: new Array(sides).fill(0),
  self: new Array(sides).fill(0),
  children: new Map(),
});

export interface Costs {
  readonly stacks: readonly CostedStack[];
  readonly frames: readonly (NamedFrame | undefined)[];
}
export interface Graph {
  readonly names: string[];
  readonly levels: { values: number[] }[];
  readonly total: number;
  readonly maxSelf: number;
  readonly ticks: readonly number[];
}

/** Of one profile, or of two beside each other. */
export function flamegraph(sides: readonly Costs[], max_nodes: number): Graph {
  const root = node(TOTAL, sides.length);
  sides.forEach((costs, side) => {
    grow(root, costs, side);
  });
  return levels_of(root, threshold(root, max_nodes > 0 ? Math.min(max_nodes, NODES_MAX) : NODES_DEFAULT));
}

function grow(root: Node, { stacks, frames }: Costs, side: number): void {
  const sides = root.total.length;
  for (const { frames: path, value } of stacks) {
    let at = root;
    at.total[side]! += value;
    for (const frame of path) {
      const name = frames[frame]?.name ?? '[unknown]';
      let child = at.children.get(name);
      if (child === undefined) {
        child = node(name, sides);
        at.children.set(name, child);
      }
      child.total[side]! += value;
      at = child;
    }
    at.self[side]! += value;
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Nodes of a smaller total are not shown each. */
function threshold(root: Node, max_nodes: number): number {
  const totals: number[] = [];
  const queue = [root];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    totals.push(sum(at.total));
    queue.push(...at.children.values());
  }
  if (totals.length <= max_nodes) return 0;
  return totals.sort((a, b) => b - a)[max_nodes - 1]!;
}

interface Placed {
  readonly node: Node;
  /** Begin on each side. */
  readonly x: readonly number[];
}

function levels_of(root: Node, smallest: number): Graph {
  const names = new Map<string, number>();
  const levels: { values: number[] }[] = [];
  const sides = root.total.length;
  let max_self = 0;
  let row: Placed[] = [{ node: root, x: new Array(sides).fill(0) }];
  while (row.length > 0) {
    const values: number[] = [];
    const ends: number[] = new Array(sides).fill(0);
    const next: Placed[] = [];
    for (const { node: at, x } of row) {
      for (let side = 0; side < sides; side++) {
        values.push(x[side]! - ends[side]!, at.total[side]!, at.self[side]!);
        ends[side] = x[side]! + at.total[side]!;
      }
      if (!names.has(at.name)) names.set(at.name, names.size);
      values.push(names.get(at.name)!);
      max_self = Math.max(max_self, ...at.self);
      place_children(at, x, smallest, next);
    }
    levels.push({ values });
    row = next;
  }
  return { names: [...names.keys()], levels, total: sum(root.total), maxSelf: max_self, ticks: root.total };
}

/** By name; the small ones together behind them. */
function place_children(parent: Node, x: readonly number[], smallest: number, next: Placed[]): void {
  const at = parent.self.map((self, side) => x[side]! + self);
  const rest = node(OTHER, x.length);
  const put = (child: Node): void => {
    next.push({ node: child, x: [...at] });
    child.total.forEach((total, side) => {
      at[side]! += total;
    });
  };
  const children = [...parent.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const child of children) {
    if (sum(child.total) >= smallest) put(child);
    else
      child.total.forEach((total, side) => {
        rest.total[side]! += total;
        rest.self[side]! += total;
      });
  }
  if (sum(rest.total) > 0) put(rest);
}
