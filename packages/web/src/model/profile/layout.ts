// Where frames stand, and which rectangles a view of them needs. Places are in units of value and made once a tree; rectangles are
// pixels, made anew for each frame drawn: no more than two a half pixel and level, however many frames there are.
import type { Tree } from './tree.ts';

export interface Layout {
  /** Nodes level by level, on each from left to right, heaviest child first. */
  readonly order: Int32Array;
  /** Positions in `order` at which levels begin, and its end. */
  readonly first: Int32Array;
  /** By position: left edge, in units of value. */
  readonly left: Float64Array;
  /** By position: width. */
  readonly width: Float64Array;
  /** By node. */
  readonly position: Int32Array;
  readonly level: Uint16Array;
}

export const level_count = (layout: Layout): number => layout.first.length - 1;

/** Children of each node, next to each other: those of `n` are child[begin[n]] .. child[begin[n + 1] - 1]. */
function children_of(tree: Tree): { begin: Int32Array; child: Int32Array } {
  const count = tree.fn.length;
  const begin = new Int32Array(count + 1);
  for (let node = 1; node < count; node++) begin[tree.parent[node]! + 1]!++;
  for (let node = 0; node < count; node++) begin[node + 1]! += begin[node]!;
  const next = begin.slice();
  const child = new Int32Array(Math.max(0, count - 1));
  for (let node = 1; node < count; node++) child[next[tree.parent[node]!]!++] = node;
  const by_weight = (a: number, b: number): number => tree.total[b]! - tree.total[a]! || a - b;
  for (let node = 0; node < count; node++)
    if (begin[node + 1]! - begin[node]! > 1) child.subarray(begin[node]!, begin[node + 1]!).sort(by_weight);
  return { begin, child };
}

export function layout_of(tree: Tree): Layout {
  const count = tree.fn.length;
  const { begin, child } = children_of(tree);
  const order = new Int32Array(count);
  const [left, width] = [new Float64Array(count), new Float64Array(count)];
  const position = new Int32Array(count);
  const level = new Uint16Array(count);
  const first = [0];
  let placed = count === 0 ? 0 : 1;
  if (count > 0) width[0] = tree.total[0]!;
  for (let from = 0; from < placed; ) {
    const to = placed;
    for (let at = from; at < to; at++) {
      const node = order[at]!;
      let x = left[at]!;
      for (let i = begin[node]!; i < begin[node + 1]!; i++) {
        const one = child[i]!;
        order[placed] = one;
        position[one] = placed;
        level[one] = first.length;
        left[placed] = x;
        width[placed] = tree.total[one]!;
        x += tree.total[one]!;
        placed++;
      }
    }
    first.push(to);
    from = to;
  }
  return { order, first: Int32Array.from(first), left, width, position, level };
}

/** First position in [from, to) whose right edge lies beyond `x`; `to` when there is none. */
function beyond(layout: Layout, from: number, to: number, x: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (layout.left[middle]! + layout.width[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Narrower frames become one rectangle with their neighbours. */
export const MERGE_PX = 0.5;

/** Rectangles of some levels; buffers are used again. */
export class Rectangles {
  count = 0;
  /** Frames looked at to make them. */
  steps = 0;
  /** Index of the first rectangle of each level, from `level_from` on, and the end. */
  first: number[] = [0];
  level_from = 0;
  x = new Float32Array(4096);
  w = new Float32Array(4096);
  /** First position in the layout that the rectangle shows, and how many frames. */
  position = new Int32Array(4096);
  frames = new Int32Array(4096);

  private grow(): void {
    const longer = <T extends Float32Array | Int32Array>(old: T, of: new (n: number) => T): T => {
      const made = new of(old.length * 2);
      made.set(old as never);
      return made;
    };
    this.x = longer(this.x, Float32Array);
    this.w = longer(this.w, Float32Array);
    this.position = longer(this.position, Int32Array);
    this.frames = longer(this.frames, Int32Array);
  }

  push(x: number, w: number, position: number, frames: number): void {
    if (this.count === this.x.length) this.grow();
    this.x[this.count] = x;
    this.w[this.count] = w;
    this.position[this.count] = position;
    this.frames[this.count++] = frames;
  }
}

export interface View {
  /** Units of value at the left and right border. */
  readonly from: number;
  readonly to: number;
  readonly width_px: number;
  /** Levels in sight, the last one not included. */
  readonly level_from: number;
  readonly level_to: number;
}

export function rectangles(layout: Layout, view: View, out: Rectangles): void {
  const level_to = Math.min(view.level_to, level_count(layout));
  out.count = 0;
  out.steps = 0;
  out.level_from = Math.min(view.level_from, level_to);
  out.first = [0];
  const scale = view.width_px / (view.to - view.from);
  for (let level = out.level_from; level < level_to; level++) {
    level_rectangles(layout, layout.first[level]!, layout.first[level + 1]!, view, scale, out);
    out.first.push(out.count);
  }
}

function level_rectangles(l: Layout, begin: number, end: number, view: View, scale: number, out: Rectangles): void {
  const level_begin = out.count;
  for (let at = beyond(l, begin, end, view.from); at < end; ) {
    out.steps++;
    const x = (l.left[at]! - view.from) * scale;
    if (x >= view.width_px) break;
    const w = l.width[at]! * scale;
    if (w >= MERGE_PX) {
      const from = Math.max(0, x);
      out.push(from, Math.min(view.width_px, x + w) - from, at, 1);
      at++;
      continue;
    }
    // All that ends within this half pixel, without looking at each.
    const next = Math.max(at + 1, beyond(l, at, end, l.left[at]! + MERGE_PX / scale));
    const right = Math.min(view.width_px, (l.left[next - 1]! + l.width[next - 1]! - view.from) * scale);
    const last = out.count - 1;
    const gap = last >= level_begin && out.frames[last]! > 1 ? x - (out.x[last]! + out.w[last]!) : MERGE_PX;
    if (gap < MERGE_PX) {
      out.w[last] = Math.max(out.w[last]!, right - out.x[last]!);
      out.frames[last]! += next - at;
    } else out.push(Math.max(0, x), Math.max(MERGE_PX, right - Math.max(0, x)), at, next - at);
    at = next;
  }
}

/** Index of the rectangle at a pixel of a level; -1 = none. A finger's breadth is given to what is narrow. */
export function hit(rects: Rectangles, level: number, x: number): number {
  const row = level - rects.level_from;
  if (row < 0 || row + 1 >= rects.first.length) return -1;
  let [low, high] = [rects.first[row]!, rects.first[row + 1]!];
  const end = high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rects.x[middle]! + Math.max(1, rects.w[middle]!) > x) high = middle;
    else low = middle + 1;
  }
  return low < end && rects.x[low]! <= x ? low : -1;
}
