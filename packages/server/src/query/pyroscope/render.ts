// GET /render and /render-diff of Pyroscope: a flame graph ("flamebearer") by a query like process_cpu:cpu:nanoseconds:cpu:nanoseconds{a="b"}.
import { QueryError } from '../error.ts';
import type { Message } from './codec.ts';
import { parse_type } from './selector.ts';
import type { PyroscopeQueries } from './service.ts';

type Query = Readonly<Record<string, unknown>>;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };
const word = (query: Query, name: string): string => (typeof query[name] === 'string' ? query[name] : '');
const wrong = (message: string): QueryError => new QueryError('INVALID_PARAMETERS', message);

/** `now`, `now-15m`, seconds or milliseconds since 1970. */
function moment(text: string, now_ms: number, missing: number): number {
  if (text === '') return missing;
  if (text === 'now') return now_ms;
  const ago = /^now-(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return now_ms - Number(ago[1]) * UNITS_MS[ago[2]!]!;
  if (!/^\d{1,15}$/.test(text)) throw wrong(`${text.slice(0, 40)} is not a time.`);
  return Number(text) < 1e11 ? Number(text) * 1000 : Number(text);
}

function request_of(query: Query, now_ms: number, prefix: string): Message {
  const name = (of: string): string => (prefix === '' ? of : prefix + of[0]!.toUpperCase() + of.slice(1));
  const match = /^([^{]+)(\{.*\})?$/s.exec(word(query, name('query')).trim());
  if (match === null) throw wrong(`\`${name('query')}\` must be a profile type and labels.`);
  const end = moment(word(query, name('until')), now_ms, now_ms);
  return {
    profileTypeID: match[1]!.trim(),
    labelSelector: match[2] ?? '',
    start: moment(word(query, name('from')), now_ms, end - 3_600_000),
    end,
    maxNodes: Number(word(query, 'max-nodes') || word(query, 'maxNodes')) || 0,
  };
}

interface Graph {
  readonly names: readonly string[];
  readonly levels: readonly { readonly values: readonly number[] }[];
  readonly total: number;
  readonly maxSelf: number;
  readonly leftTicks?: number;
  readonly rightTicks?: number;
}
const bearer = (graph: Graph, type: string, format: 'single' | 'double'): object => {
  const { sampleType, sampleUnit } = parse_type(type);
  const units = sampleUnit === 'nanoseconds' ? 'samples' : sampleUnit === 'count' ? 'objects' : sampleUnit;
  return {
    version: 1,
    flamebearer: {
      names: graph.names,
      levels: graph.levels.map(({ values }) => values),
      numTicks: graph.total,
      maxSelf: graph.maxSelf,
    },
    metadata: { format, spyName: '', sampleRate: sampleUnit === 'nanoseconds' ? 1e9 : 100, units, name: sampleType },
    ...(format === 'double' ? { leftTicks: graph.leftTicks, rightTicks: graph.rightTicks } : {}),
  };
};

export async function render(queries: PyroscopeQueries, query: Query, now_ms: number): Promise<object> {
  const request = request_of(query, now_ms, '');
  const { flamegraph } = await queries.answer('SelectMergeStacktraces', request);
  return bearer(flamegraph as unknown as Graph, String(request.profileTypeID), 'single');
}

export async function render_diff(queries: PyroscopeQueries, query: Query, now_ms: number): Promise<object> {
  const [left, right] = [request_of(query, now_ms, 'left'), request_of(query, now_ms, 'right')];
  const { flamegraph } = await queries.answer('Diff', { left, right });
  return bearer(flamegraph as unknown as Graph, String(left.profileTypeID), 'double');
}
