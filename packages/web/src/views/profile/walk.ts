// Steps of the keyboard along a laid-out tree.
import type { Layout } from '../../model/profile/layout.ts';
import type { Tree } from '../../model/profile/tree.ts';

export type Way = 'parent' | 'child' | 'before' | 'after';

/** The next frame that way, or `node` itself where there is none. A child is the heaviest one; sideways stays on the level. */
export function neighbour(tree: Tree, layout: Layout, node: number, way: Way): number {
  const { first, order, position, left, width } = layout;
  const [at, level] = [position[node]!, layout.level[node]!];
  if (way === 'parent') return Math.max(0, tree.parent[node]!);
  if (way !== 'child') {
    const next = way === 'before' ? at - 1 : at + 1;
    return next >= first[level]! && next < first[level + 1]! ? order[next]! : node;
  }
  if (level + 2 > first.length - 1) return node;
  // Children begin where their parent does.
  let [low, high] = [first[level + 1]!, first[level + 2]!];
  const end = high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (left[middle]! >= left[at]!) high = middle;
    else low = middle + 1;
  }
  for (; low < end && left[low]! < left[at]! + Math.max(width[at]!, Number.MIN_VALUE); low++)
    if (tree.parent[order[low]!] === node) return order[low]!;
  return node;
}
