// Lines over time. Charts with one `sync` share their cursor; dragging across chooses a span of time.
import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import { time_text } from './format.ts';

export interface Line {
  readonly name: string;
  /** Name of a CSS variable that holds #rrggbb. */
  readonly color: string;
  readonly values: readonly (number | null)[];
  readonly fill?: boolean;
}

interface Props {
  readonly title: string;
  readonly time_s: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  readonly sync: string;
  /** Anything that changes when the colours do. */
  readonly theme: string;
  readonly height?: number;
  readonly onSpan?: (from_s: number, to_s: number) => void;
  readonly test_id?: string;
}

/** A shorter drag is a click. */
const SPAN_PX_MIN = 4;

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axes(format: Props['format']): uPlot.Axis[] {
  const common = { stroke: css('--text-quiet'), font: `11px ${css('--font')}`, ticks: { show: false } };
  const grid = { stroke: css('--line-soft'), width: 1 };
  return [
    {
      ...common,
      grid: { show: false },
      size: 26,
      space: 70,
      values: (_u, at) => at.map((t) => time_text(t).slice(0, 5)),
    },
    { ...common, grid, size: 58, space: 34, gap: 6, values: (_u, at) => at.map(format) },
  ];
}

function series(lines: readonly Line[]): uPlot.Series[] {
  return [
    {},
    ...lines.map((line): uPlot.Series => {
      const color = css(line.color);
      const base = { label: line.name, stroke: color, width: 1.5, points: { show: false }, spanGaps: false };
      return line.fill ? { ...base, fill: `${color}2b` } : base;
    }),
  ];
}

function show_legend(plot: uPlot, legend: HTMLElement | null, lines: readonly Line[], format: Props['format']): void {
  if (!legend) return;
  const index = plot.cursor.idx ?? null;
  const at = index === null ? undefined : plot.data[0][index];
  legend.dataset.active = at === undefined ? '' : '1';
  legend.querySelectorAll<HTMLElement>('[data-line]').forEach((cell, i) => {
    const values = lines[i]?.values ?? [];
    const value = index === null ? values.findLast((v) => v !== null) : values[index];
    cell.textContent = value === null || value === undefined ? '–' : format(value);
  });
  const clock = legend.querySelector<HTMLElement>('[data-clock]');
  if (clock) clock.textContent = at === undefined ? '' : time_text(at);
}

/** A flat line at zero still gets an axis. */
const range_y = (_u: uPlot, _min: number | null, max: number | null): uPlot.Range.MinMax => [
  0,
  max && max > 0 ? max * 1.12 : 1,
];

/** `latest` is read whenever something is drawn: formats and callbacks may change without a new plot. */
function make_plot(
  element: HTMLElement,
  data: uPlot.AlignedData,
  height: number,
  latest: { readonly current: Props },
  legend: { readonly current: HTMLElement | null },
): uPlot {
  const legend_now = (u: uPlot): void => show_legend(u, legend.current, latest.current.lines, latest.current.format);
  const take_span = (u: uPlot): void => {
    if (u.select.width < SPAN_PX_MIN) return;
    const [from, to] = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    latest.current.onSpan?.(Math.floor(from), Math.ceil(to));
  };
  const options: uPlot.Options = {
    width: element.clientWidth || 300,
    height,
    legend: { show: false },
    cursor: {
      sync: { key: latest.current.sync },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      y: false,
    },
    scales: { x: { time: true }, y: { range: range_y } },
    axes: axes((v) => latest.current.format(v)),
    series: series(latest.current.lines),
    hooks: { setCursor: [legend_now], setData: [legend_now], setSelect: [take_span] },
  };
  const plot = new uPlot(options, data, element);
  legend_now(plot);
  return plot;
}

export function Chart(p: Props) {
  const box = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(p);
  latest.current = p;
  const shape = p.lines.map((l) => `${l.name}:${l.color}`).join();
  const height = p.height ?? 150;
  const data = useMemo(
    () => [p.time_s, ...p.lines.map((l) => l.values)] as unknown as uPlot.AlignedData,
    [p.time_s, p.lines],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` and `theme` stand for lines and colours; data follows below
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = make_plot(element, data, height, latest, legend);
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, p.theme, p.sync, height]);

  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <figure className="chart" data-testid={p.test_id}>
      <figcaption>
        <span className="chart-title">{p.title}</span>
        <div className="chart-legend" ref={legend}>
          <span className="clock" data-clock="" />
          {p.lines.map((l) => (
            <span key={l.name} className="legend-item">
              <i style={{ background: `var(${l.color})` }} />
              {l.name} <b data-line="" />
            </span>
          ))}
        </div>
      </figcaption>
      <div ref={box} style={{ height }} />
    </figure>
  );
}
