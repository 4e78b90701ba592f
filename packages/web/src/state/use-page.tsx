// The page's state lives in the URL; this shares it, and the moment of the last refresh, with all views.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { now_s } from '../api/client.ts';
import { fetch_status, type Status } from '../api/status.ts';
import { type Loaded, useLoad } from '../api/use-load.ts';
import { resolve, type TimeWindow } from './range.ts';
import { type PageState, parse_state, write_state } from './url.ts';

export interface Page {
  readonly state: PageState;
  /** `replace` for changes that Back should not undo one by one (typing, sorting). */
  readonly set: (patch: Partial<PageState>, how?: 'push' | 'replace') => void;
  /** Counts refreshes; `now_s` is the server's clock at the last one. */
  readonly tick: number;
  readonly now_s: number;
  readonly window: TimeWindow;
  readonly refresh: () => void;
  readonly status: Loaded<Status>;
}

const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('BUG: usePage outside of PageProvider');
  return page;
}

function useUrlState(): [PageState, Page['set']] {
  const [query, set_query] = useState(location.search);
  useEffect(() => {
    const read = (): void => set_query(location.search);
    window.addEventListener('popstate', read);
    return () => window.removeEventListener('popstate', read);
  }, []);
  const set = useCallback<Page['set']>((patch, how = 'push') => {
    const next = write_state({ ...parse_state(location.search), ...patch });
    if (next === location.search) return;
    history[how === 'push' ? 'pushState' : 'replaceState'](null, '', next || location.pathname);
    set_query(location.search);
  }, []);
  return [useMemo(() => parse_state(query), [query]), set];
}

/** Seconds between refreshes of the status strip when the page itself does not refresh. */
const STATUS_EVERY_S = 10;

function useTicks(every_s: number): { tick: number; at_s: number; refresh: () => void } {
  const [moment, set_moment] = useState(() => ({ tick: 0, at_s: now_s() }));
  const refresh = useCallback(() => set_moment((m) => ({ tick: m.tick + 1, at_s: now_s() })), []);
  useEffect(() => {
    if (every_s === 0) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') refresh();
    }, every_s * 1000);
    return () => clearInterval(timer);
  }, [every_s, refresh]);
  return { ...moment, refresh };
}

export function PageProvider({ children }: { children: ReactNode }) {
  const [state, set] = useUrlState();
  const ticks = useTicks(state.refresh_s);
  const status_ticks = useTicks(state.refresh_s || STATUS_EVERY_S);
  const status = useLoad('status', ticks.tick + status_ticks.tick, fetch_status);
  const { refresh, tick, at_s } = ticks;

  // The first answer corrects the clock; ask again when the server's clock is another than the browser's.
  const clock_wrong = status.data !== undefined && Math.abs(now_s() - at_s) > 120;
  useEffect(() => {
    if (clock_wrong) refresh();
  }, [clock_wrong, refresh]);

  const span = useMemo(() => resolve(state.range, at_s), [state.range, at_s]);
  const page = useMemo<Page>(
    () => ({ state, set, tick, now_s: at_s, window: span, refresh, status }),
    [state, set, tick, at_s, span, refresh, status],
  );
  return <PageContext value={page}>{children}</PageContext>;
}
