import { expect, it } from 'vitest';
import { layout_of } from '../../model/profile/layout.ts';
import { random_stacks, tree_from } from '../../model/profile/testing/stacks.ts';
import { neighbour } from './walk.ts';

it.each([1, 2, 3, 4, 5])('walks to the heaviest child, back to the parent, and along the level (%i)', (seed) => {
  const tree = tree_from(random_stacks(seed, 60));
  const layout = layout_of(tree);
  const nodes = [...tree.fn.keys()];
  for (const node of nodes) {
    const children = nodes.filter((child) => tree.parent[child] === node);
    const heaviest = children.sort((a, b) => tree.total[b]! - tree.total[a]! || a - b)[0];
    expect(neighbour(tree, layout, node, 'child')).toBe(heaviest ?? node);
    expect(neighbour(tree, layout, node, 'parent')).toBe(node === 0 ? 0 : tree.parent[node]);
    const level = nodes.filter((n) => layout.level[n] === layout.level[node]);
    const along = level.sort((a, b) => layout.position[a]! - layout.position[b]!);
    const at = along.indexOf(node);
    expect(neighbour(tree, layout, node, 'before')).toBe(along[at - 1] ?? node);
    expect(neighbour(tree, layout, node, 'after')).toBe(along[at + 1] ?? node);
  }
});
