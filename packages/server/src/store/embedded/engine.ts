// How the engine is opened: its arguments, and the settings of every statement.
import { availableParallelism, totalmem } from 'node:os';
import type { QueryOptions } from '../store.ts';
import { StoreError } from '../store.ts';

export const ROWS_MAX = 1_000_000;
export const MEMORY_BYTES_MAX = 1024 * 1024 * 1024;
export const TIMEOUT_S = 30;

const MIB = 1024 * 1024;
/** The engine beside everything else on the host: a third of its memory, 4 GiB at most. */
const ENGINE_BYTES_MAX = Math.min(4096 * MIB, Math.floor(totalmem() / 3));

/** Server settings of the engine; its defaults are made for a machine of its own (5 GiB for each cache). */
export const ENGINE_ARGUMENTS: readonly string[] = [
  `--max_server_memory_usage=${ENGINE_BYTES_MAX}`,
  `--mark_cache_size=${64 * MIB}`,
  `--primary_index_cache_size=${64 * MIB}`,
  `--index_mark_cache_size=${16 * MIB}`,
  `--query_condition_cache_size=${16 * MIB}`,
  `--compiled_expression_cache_size=${16 * MIB}`,
];

/**
 * Queries that run at once. All statements share libuv's pool (UV_THREADPOOL_SIZE, 4 when unset, fixed at process start): one
 * thread stays for inserts and one for what the process does besides.
 */
export function query_lanes(): number {
  const pool = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  return Math.max(1, Math.min(3, (Number.isFinite(pool) ? pool : 4) - 2));
}

const NAME = /^[a-z][a-z0-9_]*$/;
const WORD = /^[A-Za-z0-9_.:/@-]{0,300}$/;

/** A SETTINGS clause. Values are words or numbers of ours: anything else is refused, not escaped. */
export function settings_clause(settings: Readonly<Record<string, string | number>>): string {
  const parts = Object.entries(settings).map(([name, value]) => {
    if (!NAME.test(name)) throw new StoreError('engine', `${name} is not the name of a setting.`);
    if (typeof value === 'number' && Number.isFinite(value)) return `${name} = ${value}`;
    if (typeof value === 'string' && WORD.test(value)) return `${name} = '${value}'`;
    throw new StoreError('engine', `The value of the setting ${name} is not a plain word or number.`);
  });
  return `\nSETTINGS ${parts.join(', ')}`;
}

export function query_settings(options: QueryOptions, tag: string): Record<string, string | number> {
  return {
    ...options.settings,
    max_threads: Math.max(1, Math.ceil(availableParallelism() / 2)),
    max_result_rows: options.max_rows ?? ROWS_MAX,
    result_overflow_mode: 'throw',
    max_memory_usage: options.max_memory_bytes ?? MEMORY_BYTES_MAX,
    max_execution_time: options.timeout_s ?? TIMEOUT_S,
    output_format_json_quote_64bit_integers: 1,
    // `dictGet(...) LIKE x` would be turned into a search of the whole dictionary: 50 ms instead of 6 for 5,000 entities and 130,000 custom tags.
    optimize_inverse_dictionary_lookup: 0,
    log_comment: tag,
    readonly: 1,
  };
}
