// One function between its callers and its callees, all its calls merged. Of a call within a call of the same function only the outer one
// is counted, so that both halves have the function's own total.
import { type Fn, fn_key, type Tree, TreeBuilder } from './tree.ts';

export interface Sandwich {
  /** From the function to those that called it: a node's children are its callers. */
  readonly callers: Tree;
  readonly callees: Tree;
}

/** Nodes of the function that lie in no other node of it; and for each node the nearest such node at or above it, -1 = none. */
function outermost(tree: Tree, is: (fn: number) => boolean): { roots: number[]; within: Int32Array } {
  const roots: number[] = [];
  const within = new Int32Array(tree.fn.length).fill(-1);
  for (let node = 1; node < tree.fn.length; node++) {
    const above = within[tree.parent[node]!]!;
    if (above >= 0) within[node] = above;
    else if (is(tree.fn[node]!)) {
      within[node] = node;
      roots.push(node);
    }
  }
  return { roots, within };
}

export function sandwich(tree: Tree, key: string): Sandwich {
  const matches = tree.functions.map((fn) => fn_key(fn) === key);
  const found = tree.functions.find((_fn, i) => matches[i]);
  const root: Fn = found ?? fn_of_key(key);
  const { roots, within } = outermost(tree, (fn) => matches[fn] === true);

  const callers = new TreeBuilder(root);
  const names = tree.functions.map((fn) => callers.function_of(fn));
  for (const node of roots) {
    const value = tree.total[node]!;
    let at = 0;
    callers.total[at]! += value;
    for (let above = tree.parent[node]!; above > 0; above = tree.parent[above]!) {
      at = callers.child(at, names[tree.fn[above]!]!);
      callers.total[at]! += value;
    }
    callers.self[at]! += value;
  }

  const callees = new TreeBuilder(root);
  const own = tree.functions.map((fn) => callees.function_of(fn));
  const into = new Int32Array(tree.fn.length);
  for (let node = 1; node < tree.fn.length; node++) {
    if (within[node]! < 0) continue;
    const to = within[node] === node ? 0 : callees.child(into[tree.parent[node]!]!, own[tree.fn[node]!]!);
    into[node] = to;
    callees.self[to]! += tree.self[node]!;
    callees.total[to]! += tree.total[node]!;
  }
  return { callers: callers.take(), callees: callees.take() };
}

/** A function that the tree does not hold still has its name. */
export function fn_of_key(key: string): Fn {
  const [kind = '?', module = '', ...name] = key.split('~');
  return { kind: (kind || '?') as Fn['kind'], module, name: name.join('~') };
}
