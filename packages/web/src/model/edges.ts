// Rows of flow_metrics.application_map -> edges of the map, each call counted once (design, principle 9).
import { group_by } from './group.ts';
import { protocol_name } from './protocols.ts';

/** One end: what a person calls the service, and what kind of thing it is (ENTITY_TYPE). */
export interface Service {
  readonly name: string;
  readonly type: number;
  /** Set when it stands for everything with this value (`name`) of a tag; `type` says nothing then. */
  readonly tag?: string;
}

/** One group of application_map: both services, protocol, observation point. Sums over the window; times in us. */
export interface EdgeRow {
  readonly client: Service;
  readonly server: Service;
  readonly protocol: number;
  readonly is_tls: boolean;
  readonly point: string;
  readonly request: number;
  readonly response: number;
  readonly client_error: number;
  readonly server_error: number;
  readonly timeout: number;
  readonly byte: number;
  readonly new_flow: number;
  readonly establish_fail: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface Edge extends EdgeRow {
  readonly id: string;
  /** Point that the counts are from (`point`), point that the times are from, and all that saw the edge. */
  readonly timed_at: string;
  readonly points: readonly string[];
  /** No calls were understood: only bytes and connections are known. */
  readonly opaque: boolean;
  readonly label: string;
  /** Connections between the same two services whose calls nobody understood; see fold_opaque. */
  readonly folded?: { readonly byte: number; readonly new_flow: number; readonly establish_fail: number };
}

export const CLIENT_POINT = 'c-p';
export const SERVER_POINT = 's-p';
/** Rows of a capture file that was sent to the server. */
export const FILE_POINT = 'rest';

/** No kind of thing has this number. */
export const NO_TYPE = 254;

/** Stable text key of a service, safe to put into a URL. */
export const service_key = (s: Service): string =>
  s.tag === undefined ? `${s.type}/${s.name}` : `@${s.tag.replaceAll('/', '~')}/${s.name}`;
export function parse_service_key(key: string): Service | undefined {
  const group = /^@([^/]+)\/(.*)$/s.exec(key);
  if (group) return { type: NO_TYPE, name: group[2] ?? '', tag: group[1]!.replaceAll('~', '/') };
  const match = /^(\d{1,3})\/(.*)$/s.exec(key);
  return match ? { type: Number(match[1]), name: match[2] ?? '' } : undefined;
}

const edge_key = (r: EdgeRow): string =>
  JSON.stringify([service_key(r.client), service_key(r.server), r.protocol, r.is_tls ? 1 : 0]);

function opaque_label(row: EdgeRow): string {
  return row.is_tls ? 'encrypted' : protocol_name(row.protocol);
}

/** The row with the greater weight among those of one point (a point is one row unless the query split it). */
function row_of(rows: readonly EdgeRow[], point: string, weight: (r: EdgeRow) => number): EdgeRow | undefined {
  return rows.find((r) => r.point === point && weight(r) > 0);
}

/**
 * Counts come from the server's side when it saw the edge, else from the client's; times from the client's side when it
 * saw responses, else from the server's. What only a capture file saw comes from there.
 */
export function merge_edge(id: string, rows: readonly EdgeRow[]): Edge | undefined {
  const seen = (r: EdgeRow): number => r.request + r.response + r.byte + r.new_flow + r.establish_fail;
  const counts = row_of(rows, SERVER_POINT, seen) ?? row_of(rows, CLIENT_POINT, seen) ?? row_of(rows, FILE_POINT, seen);
  if (!counts) return undefined;
  const timed = (r: EdgeRow): number => (r.p50 === null ? 0 : r.response);
  const times = row_of(rows, CLIENT_POINT, timed) ?? row_of(rows, SERVER_POINT, timed) ?? counts;
  const opaque = counts.request + counts.response === 0;
  // A connection that was refused is known to the client only.
  const establish_fail = Math.max(...rows.map((r) => r.establish_fail));
  return {
    ...counts,
    establish_fail,
    id,
    p50: times.p50,
    p95: times.p95,
    p99: times.p99,
    timed_at: times.point,
    points: [...new Set(rows.map((r) => r.point))].sort(),
    opaque,
    label: opaque ? opaque_label(counts) : protocol_name(counts.protocol),
  };
}

/** Groups rows by edge and merges each group. Order of the answer: by id, so that it is stable between refreshes. */
export function merge_edges(rows: readonly EdgeRow[]): Edge[] {
  const edges: Edge[] = [];
  for (const [id, group] of group_by(rows, edge_key)) {
    const edge = merge_edge(id, group);
    if (edge) edges.push(edge);
  }
  return edges.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/**
 * Where two services have calls that were understood, their other connections (before a protocol was recognised, or refused)
 * are no edge of their own: the busiest edge of the pair carries their numbers.
 */
export function fold_opaque(edges: readonly Edge[]): Edge[] {
  const pair = (e: Edge): string => JSON.stringify([service_key(e.client), service_key(e.server)]);
  return [...group_by(edges, pair).values()].flatMap((group) => {
    const opaque = group.filter((e) => e.opaque);
    const calls = group.filter((e) => !e.opaque);
    if (opaque.length === 0 || calls.length === 0) return group;
    const busiest = calls.reduce((a, b) => (b.request > a.request ? b : a));
    const sum = (of: (e: Edge) => number): number => opaque.reduce((n, e) => n + of(e), 0);
    const folded = {
      byte: sum((e) => e.byte),
      new_flow: sum((e) => e.new_flow),
      establish_fail: sum((e) => e.establish_fail),
    };
    return calls.map((e) => (e === busiest ? { ...e, folded } : e));
  });
}

interface Counts {
  readonly request: number;
  readonly response: number;
  readonly client_error: number;
  readonly server_error: number;
  readonly timeout: number;
}
/** Errors a response, as DeepFlow's error_ratio; null without responses. */
export const error_ratio = (c: Counts): number | null =>
  c.response > 0 ? (c.client_error + c.server_error) / c.response : null;
/** Share of calls that went wrong in any way, for colours: errors or missing responses, whichever is worse. */
export const trouble_ratio = (c: Counts): number =>
  Math.max(error_ratio(c) ?? 0, c.request > 0 ? c.timeout / c.request : 0);

export function sum_counts(all: readonly Counts[]): Counts {
  const sum = { request: 0, response: 0, client_error: 0, server_error: 0, timeout: 0 };
  for (const c of all) for (const k of Object.keys(sum) as (keyof Counts)[]) sum[k] += c[k];
  return sum;
}
