// Services and endpoints, what got worse first.
import { useMemo } from 'react';
import { query_rows } from '../../api/query.ts';
import { useLoad } from '../../api/use-load.ts';
import { icon_of, service_name } from '../../model/graph.ts';
import { protocol_name } from '../../model/protocols.ts';
import { edges_statement, endpoint_edges_statement, ROWS_MAX, served_times_statement } from '../../model/queries.ts';
import { type ComparedServed, compare, served_of } from '../../model/served.ts';
import { before, type TimeWindow } from '../../state/range.ts';
import { usePage } from '../../state/use-page.tsx';
import { Loading, Notice, SearchBox, Segmented } from '../../widgets/basics.tsx';
import { span_text } from '../../widgets/format.ts';
import { Table } from '../../widgets/table.tsx';
import { Empty } from '../empty.tsx';
import { COLUMNS, sort_lines } from './columns.tsx';

interface ServedData {
  readonly lines: readonly ComparedServed[];
  readonly from_s: number;
  readonly to_s: number;
  readonly seconds: number;
  readonly cut: boolean;
}

async function load_served(window: TimeWindow, by_endpoint: boolean, signal: AbortSignal): Promise<ServedData> {
  const one = async (w: TimeWindow) => {
    const counts = by_endpoint ? endpoint_edges_statement(w) : edges_statement(w);
    const [count_rows, time_rows] = await Promise.all([
      query_rows(counts, signal),
      query_rows(served_times_statement(w, by_endpoint), signal),
    ]);
    return { served: served_of(count_rows, time_rows, by_endpoint, w.seconds), cut: count_rows.length >= ROWS_MAX };
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

export default function ServicesView() {
  const { state, set, window, tick } = usePage();
  const { by_endpoint, search } = state;
  const loaded = useLoad(JSON.stringify(['served', state.range, by_endpoint]), tick, (signal) =>
    load_served(window, by_endpoint, signal),
  );
  const all = loaded.data?.lines ?? [];
  const sort = { id: state.sort || 'worse', descending: state.descending };
  const lines = useMemo(
    () =>
      sort_lines(
        (loaded.data?.lines ?? []).filter((l) => matches(l, search)),
        sort.id,
        sort.descending,
      ),
    [loaded.data, search, sort.id, sort.descending],
  );
  const columns = useMemo(() => COLUMNS(by_endpoint), [by_endpoint]);
  const nothing = (loaded.data !== undefined || loaded.error !== undefined) && lines.length === 0;
  return (
    <div
      className="view"
      data-testid="services"
      data-from={loaded.data?.from_s}
      data-to={loaded.data?.to_s}
      data-seconds={loaded.data?.seconds}
    >
      <div className="toolbar">
        <Segmented
          label="What is listed"
          value={by_endpoint}
          choices={[
            { value: false, text: 'Services' },
            { value: true, text: 'Endpoints' },
          ]}
          onChange={(v) => set({ by_endpoint: v })}
        />
        <SearchBox
          value={search}
          placeholder="Find a service, endpoint or protocol"
          width={300}
          onChange={(q) => set({ search: q }, 'replace')}
        />
        <span className="spacer" />
        <span
          className="quiet small"
          title="Error share: 3 points a percentage point, at most 60. p95: 15 a doubling, at most 30. Requests/s: 5 a halving, 2.5 a doubling, at most 10. Scaled down while there are few calls."
        >
          Worse = change against the {span_text(window.to_s - window.from_s)} before
        </span>
      </div>
      <div className="table-frame">
        <Loading active={loaded.loading && (!loaded.data || loaded.stale)} />
        {loaded.error && loaded.data && (
          <Notice tone="warn" title="Not up to date: ">
            {loaded.error.message}
          </Notice>
        )}
        {loaded.data?.cut && (
          <Notice tone="warn" title="Too many lines: ">
            only the first {ROWS_MAX} were read.
          </Notice>
        )}
        {nothing ? (
          <Empty
            error={loaded.data ? undefined : loaded.error}
            hidden={all.length > 0}
            onClear={() => set({ search: '' })}
          />
        ) : (
          <Table
            columns={columns}
            rows={lines}
            row_key={(l) => l.key}
            row_data={(l) => ({
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
              icon: icon_of(l.service, []),
            })}
            sort={sort}
            onSort={(id) => set({ sort: id, descending: id === sort.id ? !sort.descending : true }, 'replace')}
            onOpen={(l) =>
              set({
                view: 'requests',
                selection: { node: l.service },
                endpoint: l.endpoint,
                sort: '',
                descending: true,
                search: '',
              })
            }
            test_id="served-table"
            dim={loaded.stale}
          />
        )}
      </div>
    </div>
  );
}
