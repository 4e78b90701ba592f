// What the page shows, as a URL that can be shared. Defaults are left out, what cannot be understood is ignored.
import { parse_service_key, type Service, service_key } from '../model/edges.ts';
import { type Condition, is_operator } from '../model/sql.ts';
import { DEFAULT_PROFILE, parse_profile, type ProfileState, write_profile } from './profile.ts';
import { LAST_SECONDS, type Range } from './range.ts';

export const VIEWS = ['map', 'services', 'requests', 'profile', 'query', 'status'] as const;
export type View = (typeof VIEWS)[number];
export const REFRESH_SECONDS = [0, 5, 10, 30] as const;

/** A node, or an edge, or nothing. */
export interface Selection {
  readonly node?: Service;
  readonly edge?: {
    readonly client: Service;
    readonly server: Service;
    readonly protocol: number;
    readonly is_tls: boolean;
  };
}

export interface PageState {
  readonly view: View;
  readonly range: Range;
  readonly refresh_s: number;
  readonly search: string;
  readonly selection: Selection;
  /** Service map. */
  readonly protocol: number | undefined;
  readonly errors_only: boolean;
  readonly least_request_s: number;
  readonly hide_opaque: boolean;
  /** Only the selected service and its neighbours. */
  readonly neighbours: boolean;
  /** Tables. */
  readonly by_endpoint: boolean;
  readonly endpoint: string | undefined;
  readonly sort: string;
  readonly descending: boolean;
  readonly columns: readonly string[];
  readonly conditions: readonly Condition[];
  /** Tag whose values stand in place of services; '' = services. */
  readonly group_by: string;
  /** Which observation point's rows the request list shows; '' = all. */
  readonly point: string;
  readonly row: string;
  readonly profile: ProfileState;
  /** Query console. */
  readonly db: string;
  readonly sql: string;
}

export const DEFAULT_STATE: PageState = {
  view: 'map',
  range: { kind: 'last', seconds: 900 },
  refresh_s: 5,
  search: '',
  selection: {},
  protocol: undefined,
  errors_only: false,
  least_request_s: 0,
  hide_opaque: false,
  neighbours: false,
  by_endpoint: false,
  endpoint: undefined,
  sort: '',
  descending: true,
  columns: [],
  conditions: [],
  group_by: '',
  point: '',
  row: '',
  profile: DEFAULT_PROFILE,
  db: 'flow_metrics',
  sql: '',
};

const CONDITIONS_MAX = 20;
const COLUMNS_MAX = 100;
const GROUP_CHARS_MAX = 300;

function parse_range(p: URLSearchParams): Range {
  const [from, to] = [Number(p.get('from')), Number(p.get('to'))];
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from > 0 && to > from && to < 4e9)
    return { kind: 'fixed', from_s: from, to_s: to };
  const last = Number(p.get('last'));
  return (LAST_SECONDS as readonly number[]).includes(last) ? { kind: 'last', seconds: last } : DEFAULT_STATE.range;
}

function parse_selection(p: URLSearchParams): Selection {
  const node = parse_service_key(p.get('node') ?? '');
  if (node) return { node };
  const client = parse_service_key(p.get('client') ?? '');
  const server = parse_service_key(p.get('server') ?? '');
  const protocol = parse_protocol(p.get('speaks'));
  if (!client || !server || protocol === undefined) return {};
  return { edge: { client, server, protocol, is_tls: p.get('is_tls') === '1' } };
}

function parse_protocol(text: string | null): number | undefined {
  if (text === null || !/^\d{1,3}$/.test(text)) return undefined;
  const n = Number(text);
  return n <= 255 ? n : undefined;
}

/** 'column~op~value', the value last because it may hold anything. */
function parse_condition(text: string): Condition | undefined {
  const [column, op, ...value] = text.split('~');
  if (!column || !op || !is_operator(op)) return undefined;
  return { column, op, value: value.join('~') };
}
export const condition_text = (c: Condition): string => `${c.column}~${c.op}~${c.value}`;

export function parse_state(query: string): PageState {
  const p = new URLSearchParams(query);
  const view = VIEWS.find((v) => v === p.get('view')) ?? DEFAULT_STATE.view;
  const refresh = p.get('refresh') === null ? DEFAULT_STATE.refresh_s : Number(p.get('refresh'));
  const least = Number(p.get('least'));
  return {
    view,
    range: parse_range(p),
    refresh_s: (REFRESH_SECONDS as readonly number[]).includes(refresh) ? refresh : DEFAULT_STATE.refresh_s,
    search: p.get('q') ?? '',
    selection: parse_selection(p),
    protocol: parse_protocol(p.get('protocol')),
    errors_only: p.get('errors') === '1',
    least_request_s: Number.isFinite(least) && least > 0 ? least : 0,
    hide_opaque: p.get('opaque') === '0',
    neighbours: p.get('only') === '1',
    by_endpoint: p.get('by') === 'endpoint',
    endpoint: p.get('endpoint') ?? undefined,
    sort: p.get('sort') ?? '',
    descending: p.get('dir') !== 'asc',
    columns: (p.get('cols') ?? '').split(',').filter(Boolean).slice(0, COLUMNS_MAX),
    conditions: p
      .getAll('f')
      .slice(0, CONDITIONS_MAX)
      .flatMap((f) => parse_condition(f) ?? []),
    group_by: (p.get('group') ?? '').slice(0, GROUP_CHARS_MAX),
    point: p.get('point') ?? '',
    row: p.get('row') ?? '',
    profile: parse_profile(p),
    db: p.get('db') ?? DEFAULT_STATE.db,
    sql: p.get('sql') ?? '',
  };
}

function write_selection(p: URLSearchParams, { node, edge }: Selection): void {
  if (node) p.set('node', service_key(node));
  if (!edge) return;
  p.set('client', service_key(edge.client));
  p.set('server', service_key(edge.server));
  p.set('speaks', String(edge.protocol));
  if (edge.is_tls) p.set('is_tls', '1');
}

export function write_state(s: PageState): string {
  const p = new URLSearchParams();
  const put = (name: string, value: string, otherwise: string): void => {
    if (value !== otherwise) p.set(name, value);
  };
  put('view', s.view, DEFAULT_STATE.view);
  if (s.range.kind === 'fixed') {
    p.set('from', String(s.range.from_s));
    p.set('to', String(s.range.to_s));
  } else if (s.range.seconds !== 900) p.set('last', String(s.range.seconds));
  put('refresh', String(s.refresh_s), String(DEFAULT_STATE.refresh_s));
  put('q', s.search, '');
  write_selection(p, s.selection);
  if (s.protocol !== undefined) p.set('protocol', String(s.protocol));
  put('errors', s.errors_only ? '1' : '', '');
  put('least', String(s.least_request_s), '0');
  put('opaque', s.hide_opaque ? '0' : '', '');
  put('only', s.neighbours ? '1' : '', '');
  put('by', s.by_endpoint ? 'endpoint' : '', '');
  if (s.endpoint !== undefined) p.set('endpoint', s.endpoint);
  put('sort', s.sort, '');
  put('dir', s.descending ? '' : 'asc', '');
  put('cols', s.columns.join(','), '');
  for (const c of s.conditions) p.append('f', condition_text(c));
  put('group', s.group_by, '');
  put('point', s.point, '');
  put('row', s.row, '');
  write_profile(p, s.profile);
  put('db', s.db, DEFAULT_STATE.db);
  put('sql', s.sql, '');
  const text = p.toString();
  return text === '' ? '' : `?${text}`;
}
