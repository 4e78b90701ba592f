// A flame graph (root at the foot) or icicle (root at the top): a canvas, and in the DOM what it shows of the frame in question.
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { hit, type Layout, level_count, MERGE_PX } from '../../model/profile/layout.ts';
import type { Found } from '../../model/profile/search.ts';
import { sum_of, type Tree } from '../../model/profile/tree.ts';
import type { Theme } from '../../state/theme.ts';
import { integer_text } from '../../widgets/format.ts';
import { FrameDetail } from './frame-detail.tsx';
import { level_at, level_top, Painter, type Picture, ROW_PX } from './paint.ts';
import { DRAG_PX_MIN, type Range, useSight, useWheel } from './use-sight.ts';
import { neighbour, type Way } from './walk.ts';

interface Props {
  readonly tree: Tree;
  readonly layout: Layout;
  readonly unit: string;
  readonly theme: Theme;
  readonly upward: boolean;
  readonly found: Found | undefined;
  /** Node zoomed to; 0 = everything. */
  readonly focus: number;
  readonly onFocus: (node: number) => void;
  /** Shows callers and callees of a frame's function. */
  readonly onOpen: (node: number) => void;
  readonly label: string;
  readonly test_id: string;
}

interface Pointed {
  readonly node: number;
  /** More than one: too narrow to be told apart. */
  readonly frames: number;
  readonly x: number;
  readonly y: number;
}

const WAYS: Readonly<Record<string, Way>> = { ArrowLeft: 'before', ArrowRight: 'after' };
const TIP_PX = 330;

/** The picture, drawn when anything of it changes; numbers of the last drawing go into the DOM. */
function useDrawing(p: Props, cursor: number, pointed: number) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter>(undefined);
  painter.current ??= new Painter();
  const picture: Picture = { ...p, focus_level: p.layout.level[p.focus] ?? 0, cursor, pointed };
  const draw = (): void => {
    const [element, target] = [box.current, canvas.current];
    if (!element || !target) return;
    const { clientWidth: width_px, clientHeight: height_px, scrollTop: scroll_px } = element;
    painter.current!.draw(target, picture, { ...sight.range.current, width_px, height_px, scroll_px });
    const { count, steps, first } = painter.current!.rects;
    const { from, to } = sight.range.current;
    Object.assign(element.dataset, { rectangles: count, steps, levels: first.length - 1, from, to });
    element.dataset.drawings = String(Number(element.dataset.drawings ?? 0) + 1);
  };
  const sight = useSight(p.layout, p.focus, draw);
  useWheel(box, sight.range, sight.move);
  const { redraw } = sight;
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is drawn
  useEffect(redraw, [p.tree, p.layout, p.theme, p.upward, p.found, p.focus, cursor, pointed]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const sizes = new ResizeObserver(redraw);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [redraw]);
  // The root is in sight at first.
  useEffect(() => {
    const element = box.current;
    if (element) element.scrollTop = p.upward ? element.scrollHeight : 0;
  }, [p.upward]);
  return { box, canvas, painter: painter.current, sight };
}
type Drawing = ReturnType<typeof useDrawing>;

/** What lies under the pointer. */
function frame_at(p: Props, d: Drawing, event: PointerEvent): Pointed | undefined {
  const element = d.box.current;
  if (!element) return undefined;
  const bounds = element.getBoundingClientRect();
  const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
  const level = level_at(p.layout, p.upward, y + element.scrollTop, element.clientHeight);
  const i = hit(d.painter.rects, level, x);
  if (i < 0) return undefined;
  return { node: p.layout.order[d.painter.rects.position[i]!]!, frames: d.painter.rects.frames[i]!, x, y };
}

/** Drag moves sideways and through levels; a press that does not move is a click. */
function useDrag(d: Drawing, onClick: (event: PointerEvent) => void) {
  const begun = useRef<{ x: number; y: number; range: Range; scroll: number; moved: boolean } | undefined>(undefined);
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || !d.box.current) return;
    const { scrollTop: scroll } = d.box.current;
    begun.current = { x: event.clientX, y: event.clientY, range: { ...d.sight.range.current }, scroll, moved: false };
  };
  const move = (event: PointerEvent): boolean => {
    const [b, element] = [begun.current, d.box.current];
    if (!b || !element || event.buttons === 0) return false;
    const [dx, dy] = [event.clientX - b.x, event.clientY - b.y];
    if (!b.moved && Math.hypot(dx, dy) < DRAG_PX_MIN) return false;
    if (!b.moved) element.setPointerCapture(event.pointerId);
    b.moved = true;
    const by = (dx * (b.range.to - b.range.from)) / element.clientWidth;
    element.scrollTop = b.scroll - dy;
    d.sight.move({ from: b.range.from - by, to: b.range.to - by });
    return true;
  };
  const up = (event: PointerEvent): void => {
    const b = begun.current;
    begun.current = undefined;
    if (b && !b.moved) onClick(event);
  };
  return { down, move, up };
}

/** The keyboard's frame; it moves along the tree and is kept in sight. */
function useCursor(p: Props) {
  const [cursor, set_cursor] = useState(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: nodes of another tree are others
  useEffect(() => set_cursor(-1), [p.tree]);
  const on_key = (event: KeyboardEvent, d: Drawing, zoom: (node: number) => void): void => {
    const away = event.key === (p.upward ? 'ArrowUp' : 'ArrowDown');
    const vertical = event.key === 'ArrowUp' || event.key === 'ArrowDown';
    const way = vertical ? (away ? 'child' : 'parent') : WAYS[event.key];
    if (way !== undefined) {
      const next = cursor < 0 ? p.focus : neighbour(p.tree, p.layout, cursor, way);
      set_cursor(next);
      const [element, level] = [d.box.current, p.layout.level[next] ?? 0];
      if (element) {
        const top = level_top(p.layout, p.upward, level, element.clientHeight);
        if (top < element.scrollTop) element.scrollTop = top;
        if (top + ROW_PX > element.scrollTop + element.clientHeight)
          element.scrollTop = top + ROW_PX - element.clientHeight;
      }
    } else if (event.key === 'Enter' && cursor >= 0) zoom(cursor);
    else if (event.key === 's' && cursor > 0) p.onOpen(cursor);
    else if (event.key === 'Escape') {
      set_cursor(-1);
      zoom(0);
    } else return;
    event.preventDefault();
  };
  return { cursor, on_key };
}

export function Flame(p: Props) {
  const [pointed, set_pointed] = useState<Pointed | undefined>(undefined);
  const { cursor, on_key } = useCursor(p);
  const d = useDrawing(p, cursor, pointed?.frames === 1 ? pointed.node : -1);
  const detail = useId();
  const zoom = (node: number): void => {
    d.sight.show(node);
    p.onFocus(node);
  };
  const click = (event: PointerEvent): void => {
    const at = frame_at(p, d, event);
    if (!at) return;
    if (at.frames === 1) {
      zoom(at.node);
      return;
    }
    // Frames that cannot be told apart are zoomed into until they can.
    const position = p.layout.position[at.node]!;
    const last = position + at.frames - 1;
    const { left, width } = p.layout;
    d.sight.glide({ from: left[position]!, to: left[last]! + width[last]! });
  };
  const drag = useDrag(d, click);
  const height = useMemo(() => level_count(p.layout) * ROW_PX, [p.layout]);
  const shown = cursor >= 0 ? cursor : p.focus;
  const numbers = {
    'data-frames': p.tree.fn.length,
    'data-total': p.tree.sides?.now.total[0] ?? sum_of(p.tree),
    'data-before': p.tree.sides?.before.total[0],
  };
  return (
    <div className="flame" data-testid={p.test_id} {...numbers} data-found={p.found?.frames}>
      <div
        className="flame-box"
        ref={d.box}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows walk along the frames
        tabIndex={0}
        aria-label={`${p.label}: arrow keys walk along the frames, Enter zooms, s shows callers and callees, Escape shows everything`}
        aria-describedby={detail}
        data-testid={`${p.test_id}-box`}
        onScroll={d.sight.redraw}
        onKeyDown={(e) => on_key(e, d, zoom)}
        onPointerDown={drag.down}
        onPointerMove={(e) => set_pointed(drag.move(e) ? undefined : frame_at(p, d, e))}
        onPointerUp={drag.up}
        onPointerLeave={() => set_pointed(undefined)}
      >
        <div className="flame-all" style={{ height }}>
          <canvas ref={d.canvas} />
        </div>
      </div>
      {pointed && <Tip {...p} pointed={pointed} box={d.box.current} />}
      <div className="flame-foot" id={detail}>
        <FrameDetail tree={p.tree} node={shown} unit={p.unit} test_id={`${p.test_id}-frame`} live />
        {shown > 0 && (
          <button type="button" className="button" onClick={() => p.onOpen(shown)} data-testid={`${p.test_id}-open`}>
            Callers and callees
          </button>
        )}
        {p.focus > 0 && (
          <button type="button" className="button" onClick={() => zoom(0)} data-testid={`${p.test_id}-reset`}>
            Show everything
          </button>
        )}
      </div>
    </div>
  );
}

function Tip({ tree, unit, pointed, box }: Props & { pointed: Pointed; box: HTMLDivElement | null }) {
  const [width, height] = [box?.clientWidth ?? 0, box?.clientHeight ?? 0];
  const side =
    pointed.x + TIP_PX + 20 > width ? { right: Math.max(4, width - pointed.x + 12) } : { left: pointed.x + 14 };
  const edge = pointed.y > height / 2 ? { bottom: `calc(100% - ${pointed.y - 12}px)` } : { top: pointed.y + 16 };
  return (
    <div className="flame-tip" style={{ ...side, ...edge, maxWidth: TIP_PX }} role="tooltip">
      {pointed.frames === 1 ? (
        <FrameDetail tree={tree} node={pointed.node} unit={unit} test_id="frame-tip" />
      ) : (
        <p>
          {integer_text(pointed.frames)} frames, each narrower than {MERGE_PX} pixels. A click zooms in.
        </p>
      )}
    </div>
  );
}
