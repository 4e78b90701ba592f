// Draws the rectangles of a view on a canvas. The work depends on what is seen, not on how many frames there are.
import { change_of, shares_of } from '../../model/profile/difference.ts';
import { type Layout, level_count, Rectangles, rectangles } from '../../model/profile/layout.ts';
import type { Found } from '../../model/profile/search.ts';
import type { Tree } from '../../model/profile/tree.ts';
import type { Theme } from '../../state/theme.ts';
import { change_colours, change_step, colour_of } from './colours.ts';

export const ROW_PX = 20;
const TEXT_PX_MIN = 28;
const TEXT_PAD = 5;

export interface Picture {
  readonly tree: Tree;
  readonly layout: Layout;
  readonly theme: Theme;
  /** The root at the foot. */
  readonly upward: boolean;
  readonly found: Found | undefined;
  /** Level of the frame zoomed to: what is above is faded. */
  readonly focus_level: number;
  /** Nodes with an outline; -1 = none. */
  readonly cursor: number;
  readonly pointed: number;
}
/** Part of the picture that is seen. */
export interface Sight {
  readonly from: number;
  readonly to: number;
  readonly width_px: number;
  readonly height_px: number;
  readonly scroll_px: number;
}

/** Pixels from the top of everything to the top of a level. */
export const level_top = (layout: Layout, upward: boolean, level: number, height_px: number): number => {
  if (!upward) return level * ROW_PX;
  return Math.max(level_count(layout) * ROW_PX, height_px) - (level + 1) * ROW_PX;
};
export const level_at = (layout: Layout, upward: boolean, y: number, height_px: number): number =>
  Math.floor((upward ? Math.max(level_count(layout) * ROW_PX, height_px) - 1 - y : y) / ROW_PX);

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

interface Styles {
  readonly text: string;
  readonly faded: string;
  readonly faded_text: string;
  readonly outline: string;
  readonly changes: readonly string[];
  readonly font: string;
}
const styles_of = (theme: Theme): Styles => ({
  text: theme === 'dark' ? '#f3f5f7' : '#1d2731',
  faded: css('--line-soft'),
  faded_text: css('--text-quiet'),
  outline: css('--text'),
  changes: change_colours(theme),
  font: `12px ${css('--font')}`,
});

export class Painter {
  readonly rects = new Rectangles();
  private theme: Theme | undefined;
  private styles: Styles | undefined;
  private tree: Tree | undefined;
  private colours: string[] = [];
  /** Width of each function's name, NaN while it is not known. */
  private widths = new Float32Array(0);

  private prepare(picture: Picture): Styles {
    const { tree, theme } = picture;
    const again = theme !== this.theme;
    if (again) this.styles = styles_of(theme);
    if (again || tree !== this.tree) {
      this.colours = tree.functions.map((fn) => colour_of(fn, theme));
      this.widths = new Float32Array(tree.functions.length).fill(Number.NaN);
    }
    this.theme = theme;
    this.tree = tree;
    return this.styles!;
  }

  draw(canvas: HTMLCanvasElement, picture: Picture, sight: Sight): void {
    const context = canvas.getContext('2d');
    if (!context || sight.width_px <= 0 || sight.to <= sight.from) return;
    const styles = this.prepare(picture);
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(sight.width_px * ratio), Math.round(sight.height_px * ratio)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    canvas.style.height = `${sight.height_px}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, sight.width_px, sight.height_px);
    context.font = styles.font;
    context.textBaseline = 'middle';
    const { layout, upward } = picture;
    const [a, b] = [sight.scroll_px, sight.scroll_px + sight.height_px - 1].map((y) =>
      level_at(layout, upward, y, sight.height_px),
    ) as [number, number];
    const seen = { level_from: Math.max(0, Math.min(a, b)), level_to: Math.max(a, b) + 1 };
    rectangles(layout, { ...sight, ...seen }, this.rects);
    for (let row = 0; row + 1 < this.rects.first.length; row++) this.draw_level(context, picture, sight, styles, row);
  }

  private draw_level(
    context: CanvasRenderingContext2D,
    picture: Picture,
    sight: Sight,
    styles: Styles,
    row: number,
  ): void {
    const { rects } = this;
    const { layout, found, tree } = picture;
    const level = rects.level_from + row;
    const y = level_top(layout, picture.upward, level, sight.height_px) - sight.scroll_px;
    context.globalAlpha = level < picture.focus_level ? 0.5 : 1;
    for (let i = rects.first[row]!; i < rects.first[row + 1]!; i++) {
      const at = rects.position[i]!;
      const node = layout.order[at]!;
      const lit = found === undefined || found.before[at + rects.frames[i]!]! > found.before[at]!;
      const [x, w] = [rects.x[i]!, rects.w[i]!];
      context.fillStyle = lit ? this.fill(tree, node, rects.frames[i]!, styles) : styles.faded;
      context.fillRect(x, y, w > 3 ? w - 1 : w, ROW_PX - 1);
      if (node === picture.cursor || node === picture.pointed) {
        context.strokeStyle = styles.outline;
        context.lineWidth = node === picture.cursor ? 2 : 1;
        context.strokeRect(x + 0.5, y + 0.5, Math.max(1, w - 2), ROW_PX - 2);
      }
      if (w < TEXT_PX_MIN) continue;
      context.fillStyle = lit ? styles.text : styles.faded_text;
      this.label(context, tree, node, x + TEXT_PAD, y + ROW_PX / 2, w - 2 * TEXT_PAD);
    }
    context.globalAlpha = 1;
  }

  private fill(tree: Tree, node: number, frames: number, styles: Styles): string {
    if (!tree.sides) return this.colours[tree.fn[node]!]!;
    // Of frames that are too narrow to be told apart nothing is claimed.
    return styles.changes[change_step(frames > 1 ? 0 : change_of(shares_of(tree, node)))]!;
  }

  private label(context: CanvasRenderingContext2D, tree: Tree, node: number, x: number, y: number, room: number): void {
    const fn = tree.fn[node]!;
    const { name } = tree.functions[fn]!;
    let width = this.widths[fn]!;
    if (Number.isNaN(width)) {
      width = context.measureText(name).width;
      this.widths[fn] = width;
    }
    if (width <= room) context.fillText(name, x, y);
    else {
      const letters = Math.floor((name.length * room) / width) - 2;
      if (letters > 1) context.fillText(`${name.slice(0, letters)}…`, x, y, room);
    }
  }
}
