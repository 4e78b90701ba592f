// Functions as a table: what each cost by itself and with all it called; of a comparison, both sides.
import { useMemo } from 'react';
import { type FunctionLine, function_lines } from '../../model/profile/functions.ts';
import { pattern_of } from '../../model/profile/search.ts';
import { sum_of } from '../../model/profile/tree.ts';
import { usePage } from '../../state/use-page.tsx';
import type { Theme } from '../../state/theme.ts';
import { NONE } from '../../widgets/format.ts';
import { Table, type TableColumn } from '../../widgets/table.tsx';
import { KIND_NAMES, kind_colour } from './colours.ts';
import type { Shown } from './use-profile.ts';
import { cost_text, points_text, share, share_text } from './values.ts';

type What = 'self' | 'total';
interface Sums {
  readonly now: number;
  readonly before: number;
}
type Column = TableColumn<FunctionLine> & { readonly value: (line: FunctionLine) => number | string };

const points = (line: FunctionLine, what: What, sums: Sums): number =>
  share(line[what], sums.now) - share(line.before?.[what] ?? 0, sums.before);

function cost_columns(what: What, sums: Sums, unit: string, compared: boolean): Column[] {
  const title = what === 'self' ? 'Self' : 'Total';
  const help = what === 'self' ? 'Spent in the function itself' : 'Spent in the function and all it called';
  const common = { align: 'right' as const, sortable: true };
  const cost: Column = {
    ...common,
    id: what,
    title,
    help,
    width: 100,
    value: (l) => l[what],
    cell: (l) => cost_text(l[what], unit),
    title_of: (l) => String(l[what]),
  };
  const part: Column = {
    ...common,
    id: `${what}_share`,
    title: `${title} %`,
    help,
    width: 96,
    value: (l) => l[what],
    cell: (l) => (
      <span className="share">
        <i style={{ width: `${share(l[what], sums.now) * 100}%` }} />
        {share_text(l[what], sums.now)}
      </span>
    ),
  };
  if (!compared) return [cost, part];
  const change: Column = {
    ...common,
    id: `${what}_change`,
    title: `${title} ±`,
    help: `${help}: share now less share before, in percentage points`,
    width: 90,
    value: (l) => points(l, what, sums),
    cell: (l) => {
      const by = points(l, what, sums);
      return <span className={by > 0.005 ? 'more' : by < -0.005 ? 'less' : 'quiet'}>{points_text(0, by)}</span>;
    },
  };
  const before: Column = {
    ...common,
    id: `${what}_before`,
    title: 'before',
    help: `${help}, of what is compared with`,
    width: 76,
    value: (l) => l.before?.[what] ?? 0,
    cell: (l) => <span className="quiet">{share_text(l.before?.[what] ?? 0, sums.before)}</span>,
  };
  return [part, before, change];
}

function columns_of(sums: Sums, unit: string, compared: boolean, narrow: boolean, theme: Theme): Column[] {
  const name: Column = {
    id: 'name',
    title: 'Function',
    width: narrow ? 150 : 260,
    grow: true,
    sortable: true,
    value: (l) => l.fn.name,
    title_of: (l) => `${l.fn.name} (${KIND_NAMES[l.fn.kind]}${l.fn.module && ` ${l.fn.module}`})`,
    cell: (l) => (
      <span className="fn-name">
        <i className="kind" style={{ background: kind_colour(l.fn.kind, theme) }} />
        <span className="mono">{l.fn.name}</span>
      </span>
    ),
  };
  const module: Column = {
    id: 'module',
    title: 'Library',
    width: 180,
    sortable: true,
    value: (l) => l.fn.module,
    cell: (l) => <span className="quiet">{l.fn.module || (l.fn.kind === 'K' ? 'kernel' : NONE)}</span>,
  };
  const costs = (['self', 'total'] as const).map((what) => cost_columns(what, sums, unit, compared));
  if (narrow) return [name, ...costs.map((c) => c[compared ? 2 : 1]!)];
  return [name, module, ...costs.flat()];
}

/** Numbers of a line for whoever reads the page by program, in the unit of the event. */
const data_of = (l: FunctionLine): Record<string, string | number> => ({
  name: l.fn.name,
  module: l.fn.module,
  kind: l.fn.kind,
  self: l.self,
  total: l.total,
  ...(l.before && { 'before-self': l.before.self, 'before-total': l.before.total }),
});

function sorted(lines: readonly FunctionLine[], column: Column, descending: boolean): FunctionLine[] {
  const sign = descending ? -1 : 1;
  return [...lines].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    return (x < y ? -sign : x > y ? sign : 0) || b.total - a.total || (a.key < b.key ? -1 : 1);
  });
}

interface Props {
  readonly shown: Shown;
  readonly unit: string;
  readonly theme: Theme;
  readonly selected: string;
  readonly narrow?: boolean;
  readonly onOpen: (key: string) => void;
  readonly test_id: string;
}

export const useLines = (shown: Shown): FunctionLine[] =>
  useMemo(() => function_lines(shown.now, shown.before), [shown]);

export function FunctionTable(p: Props & { readonly lines: readonly FunctionLine[] }) {
  const { state, set } = usePage();
  const { shown, unit, theme, narrow = false, lines } = p;
  const compared = shown.before !== undefined;
  const sums = useMemo(() => ({ now: sum_of(shown.now), before: shown.before ? sum_of(shown.before) : 0 }), [shown]);
  const columns = useMemo(() => columns_of(sums, unit, compared, narrow, theme), [sums, unit, compared, narrow, theme]);
  const wanted = state.sort || (compared ? 'self_change' : narrow ? 'self_share' : 'self');
  const column = columns.find((c) => c.id === wanted) ?? columns.at(-1)!;
  const rows = useMemo(() => {
    const pattern = pattern_of(state.search);
    const kept = pattern && 'test' in pattern ? lines.filter((l) => pattern.test(l.fn)) : lines;
    return sorted(kept, column, state.descending);
  }, [lines, state.search, column, state.descending]);
  return (
    <div className="table-frame">
      <Table
        columns={columns}
        rows={rows}
        row_key={(l) => l.key}
        row_data={data_of}
        selected={p.selected}
        sort={{ id: column.id, descending: state.descending }}
        onSort={(id) => set({ sort: id, descending: id === column.id ? !state.descending : true }, 'replace')}
        onOpen={(l) => p.onOpen(l.key)}
        test_id={p.test_id}
      />
    </div>
  );
}
