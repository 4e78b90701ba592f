// Loading with React: one load at a time, what was shown stays until its successor is there.
import { useEffect, useRef, useState } from 'react';
import { ApiError } from './client.ts';

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  /** A load is under way. */
  readonly loading: boolean;
  /** `data` answers an earlier question than the one asked now. */
  readonly stale: boolean;
}

interface Kept<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly key: string;
}

const as_api_error = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError('failed', error instanceof Error ? error.message : String(error));

/**
 * Runs `load` when `key` or `tick` changes. A changed key aborts the load under way; a mere tick waits for it, so a slow
 * server is never asked twice at once for the same thing. `key` undefined = nothing to load.
 */
export function useLoad<T>(
  key: string | undefined,
  tick: number,
  load: (signal: AbortSignal) => Promise<T>,
): Loaded<T> {
  const [kept, set_kept] = useState<Kept<T>>({ data: undefined, error: undefined, key: '' });
  const [loading, set_loading] = useState(false);
  const busy = useRef<{ key: string; controller: AbortController } | undefined>(undefined);
  const latest = useRef(load);
  latest.current = load;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a tick asks again for the same key
  useEffect(() => {
    if (key === undefined) return;
    if (busy.current?.key === key) return;
    busy.current?.controller.abort();
    const mine = { key, controller: new AbortController() };
    busy.current = mine;
    set_loading(true);
    latest
      .current(mine.controller.signal)
      .then(
        (data) => busy.current === mine && set_kept({ data, error: undefined, key }),
        (error: unknown) => {
          if (busy.current === mine) set_kept((k) => ({ ...k, error: as_api_error(error) }));
        },
      )
      .finally(() => {
        if (busy.current !== mine) return;
        busy.current = undefined;
        set_loading(false);
      });
  }, [key, tick]);

  useEffect(
    () => () => {
      busy.current?.controller.abort();
      busy.current = undefined;
    },
    [],
  );
  return { data: kept.data, error: kept.error, loading, stale: kept.data !== undefined && kept.key !== key };
}
