// Places and rectangles against a plain walk over the tree.
import { expect, it } from 'vitest';
import { hit, layout_of, level_count, MERGE_PX, Rectangles, rectangles, type View } from './layout.ts';
import { random, random_stacks, tree_from } from './testing/stacks.ts';
import type { Tree } from './tree.ts';

interface Place {
  node: number;
  level: number;
  left: number;
  width: number;
}

function places(tree: Tree): Place[] {
  const all: Place[] = [];
  const children: number[][] = Array.from(tree.fn, () => []);
  for (let node = 1; node < tree.fn.length; node++) children[tree.parent[node]!]!.push(node);
  const put = (node: number, level: number, left: number): void => {
    all.push({ node, level, left, width: tree.total[node]! });
    let x = left;
    for (const child of children[node]!.sort((a, b) => tree.total[b]! - tree.total[a]! || a - b)) {
      put(child, level + 1, x);
      x += tree.total[child]!;
    }
  };
  if (tree.fn.length > 0) put(0, 0, 0);
  return all;
}

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);

it.each(SEEDS)('every frame stands within its parent, heaviest first (%i)', (seed) => {
  const tree = tree_from(random_stacks(seed, seed * 4));
  const layout = layout_of(tree);
  const plain = places(tree);
  expect(level_count(layout)).toBe(Math.max(...plain.map((p) => p.level)) + 1);
  for (const { node, level, left, width } of plain) {
    const at = layout.position[node]!;
    expect([layout.order[at], layout.level[node], layout.left[at], layout.width[at]]).toEqual([
      node,
      level,
      left,
      width,
    ]);
    expect(at).toBeGreaterThanOrEqual(layout.first[level]!);
    expect(at).toBeLessThan(layout.first[level + 1]!);
  }
});

/** Frames of a level that the rectangles show wrongly. */
function wrong_frames(
  frames: readonly Place[],
  position: Int32Array,
  out: Rectangles,
  level: number,
  view: View,
): Place[] {
  const scale = view.width_px / (view.to - view.from);
  const [begin, end] = [out.first[level - out.level_from]!, out.first[level - out.level_from + 1]!];
  // Rectangles are kept in single precision.
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3;
  return frames.filter((p) => {
    const x = Math.max(0, (p.left - view.from) * scale);
    const right = Math.min(view.width_px, (p.left + p.width - view.from) * scale);
    const at = position[p.node]!;
    let own = begin;
    while (own < end && out.position[own]! + out.frames[own]! <= at) own++;
    if (own === end || out.position[own]! > at) return true;
    const [own_x, own_w] = [out.x[own]!, out.w[own]!];
    if (p.width * scale < MERGE_PX * 0.9999) return own_x > x + 1e-3 || own_x + own_w < right - 1e-3;
    if (p.width * scale < MERGE_PX * 1.0001) return false;
    if (right - x > 3 && hit(out, level, (x + right) / 2) !== own) return true;
    return out.frames[own] !== 1 || !near(own_x, x) || !near(own_w, right - x);
  });
}

it.each(SEEDS)('a view shows each wide frame where it is and counts every narrow one (%i)', (seed) => {
  const next = random(seed);
  const tree = tree_from(random_stacks(seed, 300));
  const layout = layout_of(tree);
  const plain = places(tree);
  const sum = tree.total[0]!;
  const out = new Rectangles();
  for (let round = 0; round < 10; round++) {
    const from = round === 0 ? 0 : next() * sum;
    const to = round === 0 ? sum : from + (next() ** 4 + 1e-3) * sum;
    const level_from = Math.floor(next() * 3);
    const view: View = { from, to, width_px: 50 + next() * 400, level_from, level_to: 2 + Math.floor(next() * 14) };
    rectangles(layout, view, out);
    for (let level = level_from; level < Math.min(view.level_to, level_count(layout)); level++) {
      const here = plain.filter((p) => p.level === level && p.left + p.width > from && p.left < to);
      const row = level - out.level_from;
      expect(out.frames.slice(out.first[row], out.first[row + 1]).reduce((n, frames) => n + frames, 0)).toBe(
        here.length,
      );
      expect(wrong_frames(here, layout.position, out, level, view)).toEqual([]);
    }
    expect([hit(out, 99, 5), hit(out, -1, 5)]).toEqual([-1, -1]);
  }
});

it('the work for a view is bounded by its pixels, not by the frames', () => {
  const tree = tree_from(random_stacks(7, 36_000, 400, 8));
  expect(tree.fn.length).toBeGreaterThan(100_000);
  const layout = layout_of(tree);
  const out = new Rectangles();
  const sum = tree.total[0]!;
  for (const part of [1, 0.3, 0.01, 1e-4]) {
    const view: View = { from: sum * 0.2, to: sum * (0.2 + part), width_px: 1400, level_from: 0, level_to: 99 };
    rectangles(layout, view, out);
    const bound = level_count(layout) * (view.width_px / MERGE_PX + 2);
    expect(out.steps).toBeLessThanOrEqual(bound);
    expect(out.count).toBeLessThanOrEqual(out.steps);
    expect(out.count).toBeGreaterThan(0);
  }
  rectangles(layout, { from: 0, to: sum, width_px: 1400, level_from: 0, level_to: 99 }, out);
  expect(out.count).toBeLessThan(tree.fn.length / 10);
});

it('nothing is laid out of nothing', () => {
  const layout = layout_of(tree_from([]));
  const out = new Rectangles();
  rectangles(layout, { from: 0, to: 1, width_px: 100, level_from: 0, level_to: 5 }, out);
  expect([level_count(layout), out.count > 1]).toEqual([1, false]);
});
