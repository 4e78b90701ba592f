// Services and endpoints, what got worse first.
import { useMemo } from 'react';
import { query_rows } from '../../api/query.ts';
import { useLoad } from '../../api/use-load.ts';
import { service_name } from '../../model/graph.ts';
import { protocol_name } from '../../model/protocols.ts';
import { type Asked, edges_statement, ROWS_MAX, served_times_statement } from '../../model/queries.ts';
import { type ComparedServed, compare, served_of } from '../../model/served.ts';
import { before, type TimeWindow } from '../../state/range.ts';
import type { PageState } from '../../state/url.ts';
import { usePage } from '../../state/use-page.tsx';
import { Loading, Notice, SearchBox, Segmented } from '../../widgets/basics.tsx';
import { span_text } from '../../widgets/format.ts';
import { Table } from '../../widgets/table.tsx';
import { Empty } from '../empty.tsx';
import { CALLS, FilterBar, useAsked } from '../filter-bar.tsx';
import { GroupBy } from '../group-by.tsx';
import { COLUMNS, sort_lines } from './columns.tsx';

interface ServedData {
  readonly lines: readonly ComparedServed[];
  readonly from_s: number;
  readonly to_s: number;
  readonly seconds: number;
  readonly cut: boolean;
}

async function load_served(
  window: TimeWindow,
  by_endpoint: boolean,
  asked: Asked,
  signal: AbortSignal,
): Promise<ServedData> {
  const one = async (w: TimeWindow) => {
    const counts = edges_statement(w, asked, by_endpoint);
    const [count_rows, time_rows] = await Promise.all([
      query_rows(counts, signal),
      query_rows(served_times_statement(w, by_endpoint, asked), signal),
    ]);
    const served = served_of(count_rows, time_rows, by_endpoint, w.seconds, asked.group_by);
    return { served, cut: count_rows.length >= ROWS_MAX };
  };
  const [now, then] = await Promise.all([one(window), one(before(window))]);
  return {
    lines: compare(now.served, then.served),
    from_s: window.from_s,
    to_s: window.to_s,
    seconds: window.seconds,
    cut: now.cut,
  };
}

const matches = (line: ComparedServed, search: string): boolean =>
  `${service_name(line.service)} ${line.endpoint ?? ''} ${protocol_name(line.protocol)}`
    .toLowerCase()
    .includes(search.toLowerCase());

const SCORE =
  'Error share: 3 points a percentage point, at most 60. p95: 15 a doubling, at most 30. ' +
  'Requests/s: 5 a halving, 2.5 a doubling, at most 10. Scaled down while there are few calls.';

function Toolbar() {
  const { state, set, window } = usePage();
  return (
    <div className="toolbar">
      <Segmented
        label="What is listed"
        value={state.by_endpoint}
        choices={[
          { value: false, text: 'Services' },
          { value: true, text: 'Endpoints' },
        ]}
        onChange={(by_endpoint) => set({ by_endpoint })}
      />
      <SearchBox
        value={state.search}
        placeholder="Find a service, endpoint or protocol"
        width={300}
        onChange={(search) => set({ search }, 'replace')}
      />
      <GroupBy />
      <FilterBar source={CALLS} />
      <span className="spacer" />
      <span className="quiet small" title={SCORE}>
        Worse = change against the {span_text(window.to_s - window.from_s)} before
      </span>
    </div>
  );
}

/** Numbers of a line for whoever reads the page by program. Times in us, ratio 0..1. */
const data_of = (l: ComparedServed): Record<string, string | number> => ({
  service: service_name(l.service),
  protocol: protocol_name(l.protocol),
  endpoint: l.endpoint ?? '',
  requests: l.request,
  rps: l.request_s,
  'error-ratio': l.error_ratio ?? '',
  p50: l.p50 ?? '',
  p95: l.p95 ?? '',
  p99: l.p99 ?? '',
  worse: l.worse?.score ?? '',
});

const request_list_of = (l: ComparedServed): Partial<PageState> => ({
  view: 'requests',
  selection: { node: l.service },
  endpoint: l.endpoint,
  sort: '',
  descending: true,
  search: '',
});

export default function ServicesView() {
  const { state, set, window, tick } = usePage();
  const { by_endpoint, search, descending } = state;
  const asked = useAsked();
  const loaded = useLoad(JSON.stringify(['served', state.range, by_endpoint, asked]), tick, (signal) =>
    load_served(window, by_endpoint, asked, signal),
  );
  const { data, error } = loaded;
  const sort = state.sort || 'worse';
  const lines = useMemo(
    () => sort_lines(data?.lines.filter((l) => matches(l, search)) ?? [], sort, descending),
    [data, search, sort, descending],
  );
  const columns = useMemo(() => COLUMNS(by_endpoint), [by_endpoint]);
  const nothing = (data !== undefined || error !== undefined) && lines.length === 0;
  const span = { 'data-from': data?.from_s, 'data-to': data?.to_s, 'data-seconds': data?.seconds };
  return (
    <div className="view" data-testid="services" {...span}>
      <Toolbar />
      <div className="table-frame">
        <Loading active={loaded.loading && (!data || loaded.stale)} />
        {error && data && (
          <Notice tone="warn" title="Not up to date: ">
            {error.message}
          </Notice>
        )}
        {data?.cut && (
          <Notice tone="warn" title="Too many lines: ">
            only the first {ROWS_MAX} were read.
          </Notice>
        )}
        {nothing ? (
          <Empty
            error={data ? undefined : error}
            hidden={(data?.lines.length ?? 0) > 0 || asked.conditions.length > 0}
            onClear={() => set({ search: '', conditions: [] })}
          />
        ) : (
          <Table
            columns={columns}
            rows={lines}
            row_key={(l) => l.key}
            row_data={data_of}
            sort={{ id: sort, descending }}
            onSort={(id) => set({ sort: id, descending: id === sort ? !descending : true }, 'replace')}
            onOpen={(l) => set(request_list_of(l))}
            test_id="served-table"
            dim={loaded.stale}
          />
        )}
      </div>
    </div>
  );
}
