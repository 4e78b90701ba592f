// The layout of the map between refreshes: it stays while it has a place for everything that is shown.
import { useEffect, useState } from 'react';
import type { Graph } from '../../model/graph.ts';
import { covers, grid, type Placed, place } from './layout.ts';

export interface Layout {
  readonly placed: Placed | undefined;
  /** Counts arrangements: the view fits itself into sight after a new one. */
  readonly version: number;
  readonly arrange: () => void;
}

/** `whole` is the unfiltered graph: filters hide, they do not move. `undefined` while nothing is known. */
export function useLayout(whole: Graph | undefined, shown: Graph): Layout {
  const [state, set_state] = useState<{ placed: Placed | undefined; version: number }>({
    placed: undefined,
    version: 0,
  });
  const [busy, set_busy] = useState(false);
  const needed = whole !== undefined && whole.nodes.length > 0 && !(state.placed && covers(state.placed, whole));

  const start = (graph: Graph, before?: Placed): void => {
    set_busy(true);
    place(graph, before)
      .catch(() => grid(graph))
      .then((placed) => set_state((s) => ({ placed, version: s.version + 1 })))
      .finally(() => set_busy(false));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when something has no place and no layout is under way
  useEffect(() => {
    if (needed && !busy && whole) start(whole, state.placed);
  }, [needed, busy]);
  return { ...state, arrange: () => !busy && shown.nodes.length > 0 && start(shown) };
}
