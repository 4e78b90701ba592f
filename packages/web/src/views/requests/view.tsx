// Requests: golden signals of a node, edge or everything, and the log of its requests.
import { useCallback, useMemo, useRef, useState } from 'react';
import { query_rows, type Row, text_of } from '../../api/query.ts';
import { useLoad } from '../../api/use-load.ts';
import { CLIENT_POINT, SERVER_POINT, service_key } from '../../model/edges.ts';
import { DEFAULT_COLUMNS, is_numeric, list_column } from '../../model/catalogue.ts';
import { requests_statement, ROWS_MAX, subject_conditions } from '../../model/queries.ts';
import type { Condition } from '../../model/sql.ts';
import { useEscape } from '../../state/keyboard.ts';
import { usePage } from '../../state/use-page.tsx';
import { IconButton, Loading, Notice, SearchBox, Segmented } from '../../widgets/basics.tsx';
import { integer_text } from '../../widgets/format.ts';
import { Table, type TableColumn } from '../../widgets/table.tsx';
import { GoldenCharts, useGolden } from '../detail/golden.tsx';
import { Empty } from '../empty.tsx';
import { FilterBar, REQUESTS } from '../filter-bar.tsx';
import { subject_of, subject_title } from '../subject.ts';
import { ColumnPicker } from './column-picker.tsx';
import { RowDetail } from './row-detail.tsx';
import { epoch_ms, Value, value_text } from './values.tsx';

const PAGE_ROWS = 300;

const WIDTHS: Readonly<Record<string, number>> = {
  end_time: 116,
  start_time: 116,
  time: 116,
  request_resource: 260,
  endpoint: 200,
  l7_protocol: 104,
  response_status: 116,
  response_code: 90,
  response_duration: 104,
  request_type: 100,
  observation_point: 128,
};
const SHORT: Readonly<Record<string, string>> = {
  end_time: 'Time',
  auto_service_0: 'Client',
  auto_service_1: 'Server',
  l7_protocol: 'Protocol',
  request_type: 'Type',
  request_resource: 'Resource',
  response_status: 'Status',
  response_code: 'Code',
  response_duration: 'Duration',
  observation_point: 'Seen at',
};

function column_of(name: string): TableColumn<Row> {
  const column = list_column(name);
  const numeric = column !== undefined && is_numeric(column) && !column.enumeration;
  return {
    id: name,
    title: SHORT[name] ?? column?.title ?? name,
    help: `${name}: ${column?.meaning ?? ''}`,
    width: WIDTHS[name] ?? 140,
    ...(name === 'request_resource' ? { grow: true } : {}),
    ...(numeric ? { align: 'right' as const } : {}),
    cell: (row) => <Value name={name} value={row[name]} />,
    title_of: (row) => value_text(name, row[name], true),
  };
}

function typed(c: Condition): Condition {
  const column = list_column(c.column);
  const text = String(c.value);
  return column && is_numeric(column) && /^-?\d+(\.\d+)?$/.test(text) && text.length < 16
    ? { ...c, value: Number(text) }
    : c;
}

function useConditions(): Condition[] {
  const { state } = usePage();
  return useMemo(() => {
    const { endpoint, ...subject } = subject_of(state);
    const all = [...subject_conditions(subject), ...state.conditions.map(typed)];
    // Metrics hold a template ('/users/*'), the log what it was made of ('/users/17').
    if (endpoint !== undefined) all.push({ column: 'endpoint', op: 'like', value: endpoint.replaceAll('%', '\\%') });
    if (state.point) all.push({ column: 'observation_point', op: '=', value: state.point });
    if (state.search) all.push({ column: 'request_resource', op: 'like', value: `*${state.search}*` });
    return all;
  }, [state]);
}

function Toolbar({ rows, columns }: { rows: number; columns: readonly string[] }) {
  const { state, set } = usePage();
  return (
    <div className="toolbar">
      <SearchBox
        value={state.search}
        placeholder="Find in resource"
        width={220}
        onChange={(search) => set({ search }, 'replace')}
      />
      <FilterBar source={REQUESTS} />
      <span className="spacer" />
      <span className="quiet small" data-testid="row-count">
        {rows >= ROWS_MAX ? `first ${integer_text(rows)}` : integer_text(rows)} rows
      </span>
      <Segmented
        label="Observation point"
        value={state.point}
        onChange={(point) => set({ point })}
        choices={[
          { value: '', text: 'All points' },
          { value: CLIENT_POINT, text: 'Client' },
          { value: SERVER_POINT, text: 'Server' },
        ]}
      />
      <ColumnPicker
        shown={columns}
        onChange={(next) => set({ columns: next.join() === DEFAULT_COLUMNS.join() ? [] : next }, 'replace')}
      />
    </div>
  );
}

const NO_FILTERS = { conditions: [], point: '', search: '' } as const;

/** The list itself; remounted when it is about something else, so that it begins at its top again. */
function RequestTable({
  conditions,
  columns,
  onRow,
}: {
  conditions: readonly Condition[];
  columns: readonly string[];
  onRow: (row: Row) => void;
}) {
  const { state, set, window, tick } = usePage();
  const [limit, set_limit] = useState(PAGE_ROWS);
  const sort = {
    id: columns.includes(state.sort) ? state.sort : (columns.find((c) => c === 'end_time') ?? columns[0] ?? 'time'),
    descending: state.descending,
  };
  const key = JSON.stringify(['requests', state.range, columns, conditions, sort, limit]);
  // While a row is open the list stands still below it.
  const live = useRef(tick);
  if (state.row === '') live.current = tick;
  const loaded = useLoad(key, live.current, async (signal) => {
    const rows = await query_rows(
      requests_statement({
        span: window,
        columns: [...new Set(['_id', 'time', ...columns])],
        conditions,
        sort: sort.id,
        descending: sort.descending,
        limit,
      }),
      signal,
    );
    return { rows, limit };
  });
  const shown_columns = useMemo(() => columns.map(column_of), [columns]);
  const rows = loaded.data?.rows ?? [];
  const full = loaded.data !== undefined && rows.length >= loaded.data.limit && loaded.data.limit < ROWS_MAX;
  const more = useCallback(() => full && set_limit((l) => Math.min(l * 2, ROWS_MAX)), [full]);
  const filtered = state.conditions.length > 0 || state.point !== '' || state.search !== '';
  const nothing = (loaded.data !== undefined || loaded.error !== undefined) && rows.length === 0;
  return (
    <>
      <Toolbar rows={rows.length} columns={columns} />
      <div className="table-frame">
        <Loading active={loaded.loading && (!loaded.data || loaded.stale)} />
        {loaded.error && rows.length > 0 && (
          <Notice tone="warn" title="Not up to date: ">
            {loaded.error.message}
          </Notice>
        )}
        {nothing ? (
          <Empty error={loaded.error} hidden={filtered} onClear={() => set(NO_FILTERS)} />
        ) : (
          <Table
            columns={shown_columns}
            rows={rows}
            row_key={(row, i) => `${text_of(row, '_id') || i}`}
            row_data={(row) => ({ id: text_of(row, '_id'), status: text_of(row, 'response_status') })}
            selected={state.row}
            sort={sort}
            onSort={(id) => set({ sort: id, descending: id === sort.id ? !sort.descending : true }, 'replace')}
            onOpen={onRow}
            onEnd={more}
            test_id="request-table"
            dim={loaded.stale && loaded.data?.limit === limit}
          />
        )}
      </div>
    </>
  );
}

export default function RequestsView() {
  const { state, set, window } = usePage();
  const golden = useGolden(subject_of(state));
  const conditions = useConditions();
  const columns = state.columns.length > 0 ? state.columns : DEFAULT_COLUMNS;
  const [second, set_second] = useState<number | undefined>(undefined);
  const { node, edge } = state.selection;
  const about_all = !node && !edge && state.endpoint === undefined;
  useEscape(() => set({ row: '' }), state.row !== '');
  const open = (row: Row): void => {
    const ms = epoch_ms(row.time);
    set_second(ms === undefined ? undefined : Math.floor(ms / 1000));
    set({ row: text_of(row, '_id') }, 'replace');
  };
  const span = second === undefined ? window : { from_s: second, to_s: second + 1 };
  return (
    <div className="view requests-view" data-testid="requests">
      <div className="subject-bar">
        <h1 data-testid="subject">{subject_title(state)}</h1>
        {!about_all && (
          <IconButton
            icon="close"
            title="Show all requests"
            onClick={() => set({ selection: {}, endpoint: undefined })}
          />
        )}
      </div>
      <GoldenCharts golden={golden} layout="row" />
      <div className="requests-body">
        <div className="requests-list">
          <RequestTable
            key={JSON.stringify([node && service_key(node), edge, state.point])}
            conditions={conditions}
            columns={columns}
            onRow={open}
          />
        </div>
        {state.row !== '' && (
          <RowDetail key={state.row} id={state.row} span={span} onClose={() => set({ row: '' }, 'replace')} />
        )}
      </div>
    </div>
  );
}
