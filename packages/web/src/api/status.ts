// GET /api/v1/status and GET/PUT /api/v1/settings. What is missing in an answer is shown as unknown, never an error.
import type { AgentSettings } from '@sonde/records';
import { call, send_json } from './client.ts';

export interface AgentStatus {
  readonly id: number;
  readonly host: string;
  readonly version: string;
  readonly state: string;
  readonly problems: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
  readonly last_seen_ms: number;
  readonly started_ms: number;
  readonly pid: number;
  readonly settings_version: string;
}
export interface Status {
  readonly server: {
    readonly version: string;
    readonly started_ms: number;
    readonly data_dir: string;
    readonly problems: readonly string[];
  };
  readonly agents: readonly AgentStatus[];
  readonly rows_s: number;
  readonly store: { readonly bytes: number; readonly tables: Readonly<Record<string, number>> };
  readonly drops: Readonly<Record<string, number>>;
}

type Loose = Record<string, unknown>;
const object = (v: unknown): Loose => (v !== null && typeof v === 'object' && !Array.isArray(v) ? (v as Loose) : {});
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const text = (v: unknown): string => (typeof v === 'string' ? v : v === undefined || v === null ? '' : String(v));
const number = (v: unknown): number => (Number.isFinite(Number(v)) ? Number(v) : 0);
const numbers = (v: unknown): Record<string, number> =>
  Object.fromEntries(Object.entries(object(v)).map(([k, n]) => [k, number(n)]));

function agent_of(v: unknown): AgentStatus {
  const a = object(v);
  return {
    id: number(a.id ?? a.agent_id),
    host: text(a.host),
    version: text(a.version),
    state: text(a.state),
    problems: list(a.problems).map(text),
    counters: numbers(a.counters),
    last_seen_ms: number(a.last_seen_ms),
    started_ms: number(a.started_ms),
    pid: number(a.pid),
    settings_version: text(a.settings_version),
  };
}

/** Rows by table, whether the server sends a count or an object with a count. */
function tables_of(v: unknown): Record<string, number> {
  const entries = Array.isArray(v)
    ? v.map((t) => [text(object(t).table ?? object(t).name), object(t).rows] as const)
    : Object.entries(object(v)).map(([k, t]) => [k, typeof t === 'object' ? object(t).rows : t] as const);
  return Object.fromEntries(entries.map(([k, n]) => [k, number(n)]));
}

export async function fetch_status(signal?: AbortSignal): Promise<Status> {
  const body = object(await call('/api/v1/status', signal ? { signal } : {}));
  const server = object(body.server);
  const store = object(body.store);
  return {
    server: {
      version: text(server.version),
      started_ms: number(server.started_ms),
      data_dir: text(server.data_dir),
      problems: list(server.problems).map(text),
    },
    agents: list(body.agents).map(agent_of),
    rows_s: number(body.rows_s),
    store: { bytes: number(store.bytes), tables: tables_of(store.rows ?? store.tables) },
    drops: numbers(body.drops),
  };
}

export interface VersionedSettings {
  readonly version: string;
  readonly settings: AgentSettings;
}

/** The answer is either {version, settings} or the settings themselves. */
export async function fetch_settings(signal?: AbortSignal): Promise<VersionedSettings> {
  const body = object(await call('/api/v1/settings', signal ? { signal } : {}));
  const settings = (body.settings ?? body) as AgentSettings;
  return { version: text(body.version ?? body.settings_version), settings };
}

export const save_settings = (settings: AgentSettings): Promise<unknown> =>
  send_json('/api/v1/settings', 'PUT', settings);
