// A value over time as bars; dragging across chooses a span, dragging with Shift a second one. A click outside of the span takes it back.
import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from 'react';
import { date_time_text, time_text } from './format.ts';

export interface TimeSpan {
  readonly from_s: number;
  readonly to_s: number;
}
interface Props {
  readonly label: string;
  readonly time_s: readonly number[];
  readonly values: readonly number[];
  readonly step_s: number;
  readonly format: (value: number) => string;
  readonly span: TimeSpan | undefined;
  readonly onSpan: (span: TimeSpan | undefined) => void;
  /** Chosen with Shift. */
  readonly second?: TimeSpan | undefined;
  readonly onSecond?: (span: TimeSpan | undefined) => void;
  readonly test_id: string;
}

const HEIGHT = 100;
/** A shorter drag is a click. */
const DRAG_PX_MIN = 4;

/** Outline of bars, in a box as wide as there are bars and 100 high. */
function outline(values: readonly number[], most: number): string {
  const y = (v: number): string => (HEIGHT - (most > 0 ? (v / most) * (HEIGHT - 6) : 0)).toFixed(2);
  return `M0 ${HEIGHT}${values.map((v, i) => `L${i} ${y(v)}L${i + 1} ${y(v)}`).join('')}L${values.length} ${HEIGHT}z`;
}

function Mark({ span, of, className }: { span: TimeSpan; of: TimeSpan; className: string }) {
  const length = of.to_s - of.from_s;
  const from = Math.max(0, (span.from_s - of.from_s) / length);
  const to = Math.min(1, (span.to_s - of.from_s) / length);
  if (to <= 0 || from >= 1) return null;
  return (
    <span className={`scrub-mark ${className}`} style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
  );
}

/** Whole steps that a span touches. */
const stepped = (a: number, b: number, step: number): TimeSpan => ({
  from_s: Math.floor(Math.min(a, b) / step) * step,
  to_s: Math.max(Math.ceil(Math.max(a, b) / step) * step, Math.floor(Math.min(a, b) / step) * step + step),
});

function useScrub(p: Props, all: TimeSpan) {
  const [draft, set_draft] = useState<{ span: TimeSpan; second: boolean } | undefined>(undefined);
  const begun = useRef<{ x: number; at: number; second: boolean } | undefined>(undefined);
  const time_at = (event: PointerEvent): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - left) / width));
    return all.from_s + part * (all.to_s - all.from_s);
  };
  const clipped = (span: TimeSpan): TimeSpan => ({
    from_s: Math.max(all.from_s, span.from_s),
    to_s: Math.min(all.to_s, span.to_s),
  });
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    begun.current = { x: event.clientX, at: time_at(event), second: event.shiftKey && p.onSecond !== undefined };
  };
  const move = (event: PointerEvent): void => {
    const b = begun.current;
    if (!b || (!draft && Math.abs(event.clientX - b.x) < DRAG_PX_MIN)) return;
    set_draft({ span: clipped(stepped(b.at, time_at(event), p.step_s)), second: b.second });
  };
  const up = (): void => {
    const b = begun.current;
    begun.current = undefined;
    set_draft(undefined);
    if (!b) return;
    const tell = b.second ? p.onSecond : p.onSpan;
    if (draft) tell?.(draft.span);
    else if (b.second ? p.second : p.span) tell?.(undefined);
  };
  const key = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowLeft' ? -p.step_s : event.key === 'ArrowRight' ? p.step_s : 0;
    if (by !== 0) {
      const { from_s, to_s } = p.span ?? { from_s: all.from_s - by, to_s: all.from_s - by + p.step_s };
      // With Shift the right edge moves alone.
      const moved = clipped({ from_s: event.shiftKey ? from_s : from_s + by, to_s: to_s + by });
      if (moved.to_s > moved.from_s) p.onSpan(moved);
    } else if (event.key === 'Escape' && p.span) p.onSpan(undefined);
    else return;
    event.preventDefault();
  };
  return { draft, down, move, up, key, time_at };
}

export function Scrubber(p: Props) {
  const { time_s, values, step_s } = p;
  const all = { from_s: time_s[0] ?? 0, to_s: (time_s.at(-1) ?? 0) + step_s };
  const most = useMemo(() => values.reduce((a, b) => Math.max(a, b), 0), [values]);
  const path = useMemo(() => outline(values, most), [values, most]);
  const [at, set_at] = useState<number | undefined>(undefined);
  const scrub = useScrub(p, all);
  const first = scrub.draft && !scrub.draft.second ? scrub.draft.span : p.span;
  const second = scrub.draft?.second ? scrub.draft.span : p.second;
  const pointed = at === undefined ? undefined : Math.floor((at - all.from_s) / step_s);
  const words = first ? `${time_text(first.from_s)} – ${time_text(first.to_s)}` : 'all of it';
  return (
    <div className="scrubber" data-testid={p.test_id} data-from={first?.from_s} data-to={first?.to_s} data-most={most}>
      <div className="scrub-head">
        <span className="chart-title">{p.label}</span>
        <span className="quiet small">
          {pointed === undefined || values[pointed] === undefined
            ? `at most ${p.format(most)}`
            : `${time_text(time_s[pointed]!)} ${p.format(values[pointed])}`}
        </span>
      </div>
      <div
        className="scrub-box"
        role="slider"
        tabIndex={0}
        aria-label={`${p.label}: arrow keys move the chosen span, Shift widens it`}
        aria-valuemin={all.from_s}
        aria-valuemax={all.to_s}
        aria-valuenow={first?.from_s ?? all.from_s}
        aria-valuetext={words}
        title="Drag to choose a part of the time; with Shift what it is compared with"
        onPointerDown={scrub.down}
        onPointerMove={(e) => {
          set_at(scrub.time_at(e));
          scrub.move(e);
        }}
        onPointerUp={scrub.up}
        onPointerLeave={() => set_at(undefined)}
        onKeyDown={scrub.key}
      >
        <svg viewBox={`0 0 ${Math.max(1, values.length)} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path d={path} />
        </svg>
        {second && <Mark span={second} of={all} className="second" />}
        {first && <Mark span={first} of={all} className="" />}
      </div>
      <div className="scrub-times quiet" aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((part) => {
          const t = all.from_s + part * (all.to_s - all.from_s);
          return (
            <span key={part} title={date_time_text(t)}>
              {time_text(t)}
            </span>
          );
        })}
      </div>
    </div>
  );
}
