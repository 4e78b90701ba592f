// Which part of a flame graph is seen: zoomed to a frame by a click, freely by wheel and drag. Kept outside of React's state, so that a
// zoom draws and renders nothing else.
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { Layout } from '../../model/profile/layout.ts';

const ZOOM_MS = 160;
/** No further in than this part of everything. */
const SMALLEST = 1e-9;
/** A shorter drag is a click. */
export const DRAG_PX_MIN = 4;

export interface Range {
  from: number;
  to: number;
}

const still = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;
export const range_of = (layout: Layout, node: number): Range => {
  const at = layout.position[node] ?? 0;
  const from = layout.left[at] ?? 0;
  return { from, to: from + (layout.width[at] ?? 0) };
};

function clamped({ from, to }: Range, all: number): Range {
  const length = Math.min(all, Math.max(to - from, all * SMALLEST));
  const begin = Math.min(Math.max(0, from), all - length);
  return { from: begin, to: begin + length };
}

/** The range, and its motion: at once or gliding, one drawing a frame of the screen. */
function useMotion(first: Range, all: number, draw: () => void) {
  const range = useRef<Range>(first);
  const frame = useRef(0);
  const latest = useRef(draw);
  latest.current = draw;

  const gliding = useRef(false);
  const next_frame = useCallback((step: (now: number) => void): void => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(step);
  }, []);
  const redraw = useCallback((): void => {
    // Each step of a zoom draws.
    if (!gliding.current) next_frame(() => latest.current());
  }, [next_frame]);
  const jump = useCallback(
    (to: Range): void => {
      gliding.current = false;
      range.current = clamped(to, all);
      redraw();
    },
    [all, redraw],
  );
  const glide = useCallback(
    (to: Range): void => {
      const begun = performance.now();
      const from = { ...range.current };
      gliding.current = true;
      const step = (now: number): void => {
        const done = still() ? 1 : Math.min(1, Math.max(0, (now - begun) / ZOOM_MS));
        const eased = 1 - (1 - done) ** 3;
        range.current = { from: from.from + (to.from - from.from) * eased, to: from.to + (to.to - from.to) * eased };
        gliding.current = done < 1;
        latest.current();
        if (done < 1) next_frame(step);
      };
      next_frame(step);
    },
    [next_frame],
  );
  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      gliding.current = false;
    },
    [],
  );
  return { range, redraw, jump, glide };
}

export function useSight(layout: Layout, focus: number, draw: () => void) {
  const all = layout.width[0] ?? 0;
  const { range, redraw, jump, glide } = useMotion(range_of(layout, focus), all, draw);
  /** Moved by hand since the last zoom to a frame. */
  const free = useRef(false);
  const move = useCallback(
    (to: Range): void => {
      free.current = true;
      jump(to);
    },
    [jump],
  );

  // Another tree (a refresh, a filter) is shown at once where the view was; another zoom of the same tree glides there.
  const shown = useRef<{ layout: Layout; all: number } | undefined>(undefined);
  useEffect(() => {
    const before = shown.current;
    shown.current = { layout, all };
    const target = range_of(layout, focus);
    if (before?.layout === layout) {
      free.current = false;
      glide(target);
    } else if (before && free.current && before.all > 0) {
      const scale = all / before.all;
      jump({ from: range.current.from * scale, to: range.current.to * scale });
    } else jump(target);
  }, [layout, all, focus, range, glide, jump]);
  /** Shows a frame, also when it is the one that was zoomed to and the view was moved since. */
  const show = useCallback(
    (node: number): void => {
      free.current = false;
      glide(range_of(layout, node));
    },
    [layout, glide],
  );
  return { range, redraw, move, glide, show };
}

/** Ctrl + wheel (or pinch) zooms at the pointer, shift + wheel moves sideways, the plain wheel scrolls through levels. */
export function useWheel(box: RefObject<HTMLElement | null>, range: RefObject<Range>, move: (to: Range) => void): void {
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const on_wheel = (event: WheelEvent): void => {
      const { from, to } = range.current;
      const length = to - from;
      const bounds = element.getBoundingClientRect();
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        const at = from + (length * (event.clientX - bounds.left)) / bounds.width;
        const factor = Math.exp(Math.max(-50, Math.min(50, event.deltaY)) * 0.01);
        move({ from: at - (at - from) * factor, to: at + (to - at) * factor });
      } else if (sideways !== 0 && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
        const by = (length * sideways) / bounds.width;
        move({ from: from + by, to: to + by });
      } else return;
      event.preventDefault();
    };
    element.addEventListener('wheel', on_wheel, { passive: false });
    return () => element.removeEventListener('wheel', on_wheel);
  }, [box, range, move]);
}
