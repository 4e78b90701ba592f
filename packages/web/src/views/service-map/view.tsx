// Service map: every service of the range and every call between them.
import { useCallback, useMemo } from 'react';
import { query_rows } from '../../api/query.ts';
import { type Loaded, useLoad } from '../../api/use-load.ts';
import { type Edge, fold_opaque, merge_edges } from '../../model/edges.ts';
import { filter_edges, graph_of } from '../../model/graph.ts';
import { protocol_name } from '../../model/protocols.ts';
import { edge_row_of, edges_statement, ROWS_MAX } from '../../model/queries.ts';
import { useEscape } from '../../state/keyboard.ts';
import { DEFAULT_STATE, type Selection } from '../../state/url.ts';
import { usePage } from '../../state/use-page.tsx';
import { Loading, Notice, SearchBox, Toggle } from '../../widgets/basics.tsx';
import { Empty } from '../empty.tsx';
import { CALLS, FilterBar, useAsked } from '../filter-bar.tsx';
import { GroupBy } from '../group-by.tsx';
import { Canvas } from './canvas.tsx';
import { LAYERED_NODES_MAX } from './layout.ts';
import { Panel } from './panel.tsx';
import { useLayout } from './use-layout.ts';

interface MapData {
  readonly edges: readonly Edge[];
  /** The span that the edges were read for; rates divide by its length. */
  readonly from_s: number;
  readonly to_s: number;
  readonly seconds: number;
  readonly cut: boolean;
}

function useEdges() {
  const { state, window, tick } = usePage();
  const asked = useAsked();
  return useLoad<MapData>(JSON.stringify(['edges', state.range, asked]), tick, async (signal) => {
    const rows = await query_rows(edges_statement(window, asked), signal);
    const { from_s, to_s, seconds } = window;
    return {
      edges: fold_opaque(merge_edges(rows.map((row) => edge_row_of(row, asked.group_by)))),
      from_s,
      to_s,
      seconds,
      cut: rows.length >= ROWS_MAX,
    };
  });
}

function Filters({ edges, shown, arrange }: { edges: readonly Edge[]; shown: number; arrange: () => void }) {
  const { state, set } = usePage();
  const protocols = useMemo(
    () =>
      [...new Set(edges.filter((e) => !e.opaque).map((e) => e.protocol))].sort((a, b) =>
        protocol_name(a).localeCompare(protocol_name(b)),
      ),
    [edges],
  );
  return (
    <div className="toolbar">
      <SearchBox value={state.search} placeholder="Find a service" onChange={(search) => set({ search }, 'replace')} />
      <GroupBy />
      <FilterBar source={CALLS} />
      <select
        aria-label="Protocol"
        value={state.protocol ?? ''}
        onChange={(e) => set({ protocol: e.target.value === '' ? undefined : Number(e.target.value) })}
      >
        <option value="">All protocols</option>
        {protocols.map((p) => (
          <option key={p} value={p}>
            {protocol_name(p)}
          </option>
        ))}
      </select>
      <label className="field">
        at least
        <input
          type="number"
          min={0}
          step="any"
          value={state.least_request_s || ''}
          placeholder="0"
          onChange={(e) => set({ least_request_s: Math.max(0, Number(e.target.value) || 0) }, 'replace')}
        />
        req/s
      </label>
      <Toggle checked={state.errors_only} onChange={(errors_only) => set({ errors_only })}>
        Errors only
      </Toggle>
      <Toggle
        checked={state.hide_opaque}
        onChange={(hide_opaque) => set({ hide_opaque })}
        title="Connections whose calls could not be read"
      >
        Hide unknown
      </Toggle>
      <span className="spacer" />
      <span className="quiet small">
        {shown === edges.length ? `${edges.length} edges` : `${shown} of ${edges.length} edges`}
      </span>
      <button type="button" className="button" onClick={arrange} title="Lay out what is shown anew">
        Arrange
      </button>
    </div>
  );
}

const CLEARED = {
  protocol: undefined,
  errors_only: false,
  least_request_s: 0,
  hide_opaque: DEFAULT_STATE.hide_opaque,
  neighbours: false,
  conditions: [],
} as const;

function Notices({ loaded, nothing, grid }: { loaded: Loaded<MapData>; nothing: boolean; grid: boolean }) {
  return (
    <>
      {loaded.error && !nothing && (
        <Notice tone="warn" title="Not up to date: ">
          {loaded.error.message}
        </Notice>
      )}
      {grid && !nothing && (
        <Notice tone="info" title={`More than ${LAYERED_NODES_MAX} services: `}>
          shown as a grid, busiest first. Filter, then Arrange, to see layers.
        </Notice>
      )}
      {loaded.data?.cut && (
        <Notice tone="warn" title="Too many edges: ">
          only the first {ROWS_MAX} rows were read.
        </Notice>
      )}
    </>
  );
}

export default function ServiceMapView() {
  const { state, set, window } = usePage();
  const loaded = useEdges();
  const data = loaded.data;
  const seconds = data?.seconds ?? window.seconds;
  const all = useMemo(() => data?.edges ?? [], [data]);
  const whole = useMemo(() => (data ? graph_of(data.edges) : undefined), [data]);
  const { protocol, errors_only, least_request_s, hide_opaque, neighbours, selection } = state;
  const graph = useMemo(() => {
    const around = neighbours ? selection.node : undefined;
    return graph_of(filter_edges(all, { protocol, errors_only, least_request_s, hide_opaque, around }, seconds));
  }, [all, seconds, protocol, errors_only, least_request_s, hide_opaque, neighbours, selection.node]);
  const layout = useLayout(whole, graph);
  const select = useCallback(
    (next: Selection) => set({ selection: next, ...(next.node ? {} : { neighbours: false }) }),
    [set],
  );
  useEscape(() => select({}), selection.node !== undefined || selection.edge !== undefined);

  const nothing = loaded.data !== undefined || loaded.error ? graph.nodes.length === 0 : false;
  return (
    <div
      className="view map-view"
      data-testid="map"
      data-from={data?.from_s}
      data-to={data?.to_s}
      data-seconds={seconds}
      data-edges={graph.edges.length}
      data-nodes={graph.nodes.length}
      data-layout={layout.placed?.kind}
    >
      <Filters edges={all} shown={graph.edges.length} arrange={layout.arrange} />
      <div className="map-body">
        <Loading active={loaded.loading && (!data || loaded.stale)} />
        <div className={`map-canvas ${layout.placed?.kind ?? ''} ${loaded.stale ? 'dim' : ''}`}>
          {!nothing && !layout.placed && <p className="arranging">{data ? 'Arranging the map …' : 'Reading …'}</p>}
          {nothing ? (
            <Empty
              error={loaded.error}
              hidden={all.length > 0 || state.conditions.length > 0}
              onClear={() => set(CLEARED)}
            />
          ) : (
            <Canvas
              graph={graph}
              layout={layout}
              seconds={seconds}
              selection={selection}
              search={state.search}
              onSelect={select}
            />
          )}
          <Notices loaded={loaded} nothing={nothing} grid={layout.placed?.kind === 'grid'} />
        </div>
        <Panel graph={whole ?? graph} seconds={seconds} />
      </div>
    </div>
  );
}
