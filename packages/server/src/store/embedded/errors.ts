// The engine's error numbers (ClickHouse, ErrorCodes.cpp) as the store's codes.
import { StoreError, type StoreErrorCode } from '../store.ts';

const CODES: Readonly<Record<number, StoreErrorCode>> = {
  60: 'unknown_table',
  81: 'unknown_table',
  16: 'unknown_column',
  47: 'unknown_column',
  62: 'syntax',
  46: 'syntax',
  43: 'syntax',
  42: 'syntax',
  456: 'bad_parameter',
  457: 'bad_parameter',
  396: 'too_many_rows',
  241: 'memory',
  159: 'timeout',
  394: 'cancelled',
  164: 'read_only',
  243: 'disk_full',
};

interface EngineFailure {
  readonly message?: string;
  readonly clickhouseCode?: number;
  readonly code?: string;
}

/** Any failure of the engine's binding as a StoreError; its text without prefix, statement echo and version. */
export function store_error(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const { message = String(cause), clickhouseCode: number = 0, code = '' } = (cause ?? {}) as EngineFailure;
  const text = message
    .replace(/^(Code: \d+\. DB::Exception: )+/, '')
    .replace(/: In scope [\s\S]*$/, '')
    .replace(/ \(version [^)]*\)/g, '')
    .replace(/( ?\([A-Z_]+\))+\s*$/, '')
    .slice(0, 2000);
  if (/No space left on device/.test(message))
    return new StoreError('disk_full', 'The disk is full.', number, { cause });
  if (code === 'CHDB_BIND') return new StoreError('bad_parameter', text, number, { cause });
  return new StoreError(CODES[number] ?? 'engine', text, number, { cause });
}

/** Numbers that say the bytes of a block are wrong, whatever passed our own checks: no retry can help. */
const BAD_BLOCK: readonly number[] = [27, 33, 49, 53, 70, 117, 349];

/** A failed insert's error. */
export function insert_error(cause: unknown): StoreError {
  const error = store_error(cause);
  if (!BAD_BLOCK.includes(error.engine_code)) return error;
  return new StoreError('bad_block', `The engine refuses the block: ${error.message}`, error.engine_code, { cause });
}
