// The tables of the smart-encoding bench and its goals.
import { median, print_goal } from '../lib/report.ts';
import type { Model } from './pods.ts';
import type { Way } from './ways.ts';
import type { Taken } from './worker.ts';

export interface WayResult {
  readonly way: Way;
  readonly taken: Taken;
}
/** `ms`: the runs of each way, in the order of WAYS. */
export interface Timed {
  readonly name: string;
  readonly rows: number;
  readonly ms: readonly (readonly number[])[];
}

const TAG_GOALS = [100, 20];
const ROW_GOALS = [10, 4];
const CPU_GOAL = 5;
const SLOWER_MAX = 1.5;

const line = (cells: readonly string[]): void => {
  process.stdout.write(`${cells.map((cell, i) => (i === 0 ? cell.padEnd(44) : cell.padStart(23))).join('')}\n`);
};
const fixed = (values: readonly number[], digits = 1): string[] => values.map((value) => value.toFixed(digits));

/** Bytes a row: columns of tags and dictionaries together, and everything. */
const tag_bytes = ({ tag_column_bytes, dictionary_bytes, rows }: Taken): number =>
  (tag_column_bytes + dictionary_bytes) / rows;
const row_bytes = ({ table_bytes, dictionary_bytes, rows }: Taken): number => (table_bytes + dictionary_bytes) / rows;

function print_taken(results: readonly WayResult[]): void {
  const all = (name: string, value: (taken: Taken) => number, digits?: number): void =>
    line([
      name,
      ...fixed(
        results.map(({ taken }) => value(taken)),
        digits,
      ),
    ]);
  line(['', ...results.map((r) => r.way)]);
  all('insert, merges included: CPU-s a million rows', (t) => (t.cpu_s / t.rows) * 1e6, 2);
  all('  storing tags of entities, CPU-s in all', (t) => t.tags_cpu_s, 2);
  all('  reload of dictionaries, CPU-s in all', (t) => t.reload_cpu_s, 2);
  all('insert: thousand rows/s', (t) => t.rows / t.wall_s / 1000);
  all('peak memory of its process, MB', (t) => t.peak_bytes / 1e6, 0);
  all('tags on disk, B a row', tag_bytes, 2);
  all('  columns', (t) => t.tag_column_bytes / t.rows, 2);
  all('  dictionaries', (t) => t.dictionary_bytes / t.rows, 2);
  all('other columns on disk, B a row', (t) => row_bytes(t) - tag_bytes(t), 2);
}

function print_questions(timed: readonly Timed[]): void {
  process.stdout.write('Questions, ms: median (fastest to slowest)\n');
  for (const { name, rows, ms } of timed) {
    const cells = ms.map((runs) => {
      const [low, high] = [Math.min(...runs), Math.max(...runs)];
      return `${median(runs).toFixed(1)} (${low.toFixed(1)}-${high.toFixed(1)})`;
    });
    line([`${name}: ${rows} rows`, ...cells]);
  }
  const sums = timed[0]!.ms.map((_runs, way) => timed.reduce((sum, t) => sum + median(t.ms[way]!), 0));
  line(['all ten', ...fixed(sums)]);
}

/** `ours` is to be so many times smaller than each of the others. */
function print_smaller(what: string, values: readonly number[], goals: readonly number[]): void {
  const ours = values.at(-1)!;
  for (const [i, name] of ['String', 'LowCardinality'].entries()) {
    const ratio = values[i]! / ours;
    const goal = goals[i]!;
    print_goal({ text: `${what}: ${ratio.toFixed(1)}x less than ${name}, goal ${goal}x`, met: ratio >= goal });
  }
}

function print_speed_goals(model: Model, timed: readonly Timed[]): void {
  const total = (way: number): number => timed.reduce((sum, t) => sum + median(t.ms[way]!), 0);
  const together = total(2) / total(1);
  print_goal({
    text: `${model}, ten questions together: ${together.toFixed(2)} of LowCardinality's time, goal 1`,
    met: together <= 1,
  });
  const slowest = timed
    .map(({ name, ms }) => ({ name, ratio: median(ms[2]!) / median(ms[1]!) }))
    .sort((a, b) => b.ratio - a.ratio);
  for (const { name, ratio } of slowest.filter((s, i) => i === 0 || s.ratio > SLOWER_MAX))
    print_goal({
      text: `${model}, ${name}: ${ratio.toFixed(2)} of LowCardinality's time, goal ${SLOWER_MAX}`,
      met: ratio <= SLOWER_MAX,
    });
}

export function print_result(model: Model, results: readonly WayResult[], timed: readonly Timed[]): void {
  process.stdout.write(`\nTags: ${model}; ${results[0]!.taken.rows} rows\n`);
  print_taken(results);
  print_questions(timed);
  const of = (value: (taken: Taken) => number): number[] => results.map(({ taken }) => value(taken));
  print_smaller(`${model}, tag bytes`, of(tag_bytes), TAG_GOALS);
  print_smaller(`${model}, whole rows`, of(row_bytes), ROW_GOALS);
  print_smaller(
    `${model}, insert CPU`,
    of((t) => t.cpu_s),
    [CPU_GOAL, CPU_GOAL],
  );
  print_speed_goals(model, timed);
}
