// The table of what is served: a line a service and protocol, or a line an endpoint.
import { number_of, type Row, text_of } from '../api/query.ts';
import {
  CLIENT_POINT,
  type Edge,
  type EdgeRow,
  error_ratio,
  merge_edges,
  SERVER_POINT,
  type Service,
  service_key,
  sum_counts,
} from './edges.ts';
import { group_by } from './group.ts';
import { edge_row_of, service_of, times_of } from './queries.ts';
import { type Worse, worse } from './worse.ts';

export interface Served {
  readonly key: string;
  readonly service: Service;
  readonly protocol: number;
  readonly is_tls: boolean;
  /** undefined in the table of services. */
  readonly endpoint: string | undefined;
  readonly request: number;
  readonly request_s: number;
  readonly error_ratio: number | null;
  readonly timeout: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly clients: number;
}
export interface ComparedServed extends Served {
  readonly earlier: Served | undefined;
  readonly worse: Worse | undefined;
}

type Times = Pick<EdgeRow, 'p50' | 'p95' | 'p99'>;
const NO_TIMES: Times = { p50: null, p95: null, p99: null };
/** The client's times stand for all calls only when its side saw nearly all of them. */
const CLIENT_COVERS = 0.9;

/** Of the rows of several points about the same thing, the one whose times to show. */
export function choose_times<T extends { point: string; response: number }>(rows: readonly T[]): T | undefined {
  const of = (point: string): T | undefined => rows.find((r) => r.point === point && r.response > 0);
  const client = of(CLIENT_POINT);
  const server = of(SERVER_POINT);
  if (client && server) return client.response >= server.response * CLIENT_COVERS ? client : server;
  return client ?? server;
}

const served_key = (service: Service, protocol: number, tls: boolean, endpoint: string | undefined): string =>
  JSON.stringify([service_key(service), protocol, tls ? 1 : 0, ...(endpoint === undefined ? [] : [endpoint])]);

function times_by_key(rows: readonly Row[], by_endpoint: boolean, by_tag: string): Map<string, Times> {
  const key_of = (row: Row): string => {
    const service = service_of(row, 1, by_tag);
    const endpoint = by_endpoint ? text_of(row, 'endpoint') : undefined;
    return served_key(service, number_of(row, 'l7_protocol'), number_of(row, 'is_tls') !== 0, endpoint);
  };
  const entry = (row: Row) => ({
    ...times_of(row),
    point: text_of(row, 'observation_point'),
    response: number_of(row, 'sum_response'),
  });
  return new Map([...group_by(rows, key_of)].map(([key, group]) => [key, choose_times(group.map(entry)) ?? NO_TIMES]));
}

/** Edges of one endpoint each: the endpoint is merged apart because an edge does not have one. */
function edges_by_endpoint(
  rows: readonly Row[],
  by_endpoint: boolean,
  by_tag: string,
): { edge: Edge; endpoint: string | undefined }[] {
  const edges_of = (some: readonly Row[]): Edge[] => merge_edges(some.map((row) => edge_row_of(row, by_tag)));
  if (!by_endpoint) return edges_of(rows).map((edge) => ({ edge, endpoint: undefined }));
  return [...group_by(rows, (row) => text_of(row, 'endpoint'))].flatMap(([endpoint, group]) =>
    edges_of(group).map((edge) => ({ edge, endpoint })),
  );
}

/** `counts`: rows by edge (and endpoint); `times`: rows by server (and endpoint); `by_tag`: what stands in place of services. */
export function served_of(
  counts: readonly Row[],
  times: readonly Row[],
  by_endpoint: boolean,
  seconds: number,
  by_tag = '',
): Map<string, Served> {
  const chosen = times_by_key(times, by_endpoint, by_tag);
  const groups = group_by(
    edges_by_endpoint(counts, by_endpoint, by_tag).filter(({ edge }) => !edge.opaque),
    ({ edge, endpoint }) => served_key(edge.server, edge.protocol, edge.is_tls, endpoint),
  );
  const served = new Map<string, Served>();
  for (const [key, group] of groups) {
    const [first] = group;
    if (!first) continue;
    const sum = sum_counts(group.map((g) => g.edge));
    served.set(key, {
      key,
      service: first.edge.server,
      protocol: first.edge.protocol,
      is_tls: first.edge.is_tls,
      endpoint: first.endpoint,
      request: sum.request,
      request_s: sum.request / seconds,
      error_ratio: error_ratio(sum),
      timeout: sum.timeout,
      ...(chosen.get(key) ?? NO_TIMES),
      clients: new Set(group.map((g) => service_key(g.edge.client))).size,
    });
  }
  return served;
}

/** Every line of now, and those that only the range before had: traffic that is gone is news too. */
export function compare(now: ReadonlyMap<string, Served>, then: ReadonlyMap<string, Served>): ComparedServed[] {
  const lines: ComparedServed[] = [];
  for (const [key, line] of now) {
    const earlier = then.get(key);
    lines.push({ ...line, earlier, worse: worse(line, earlier) });
  }
  for (const [key, earlier] of then) {
    if (now.has(key)) continue;
    const gone: Served = {
      ...earlier,
      request: 0,
      request_s: 0,
      error_ratio: null,
      timeout: 0,
      ...NO_TIMES,
      clients: 0,
    };
    lines.push({ ...gone, earlier, worse: worse(gone, earlier) });
  }
  return lines;
}
