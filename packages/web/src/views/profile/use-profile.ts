// What the profile view loads: what there is, whose it is, cost over time, and the trees of one event.
import { useMemo } from 'react';
import { load_tree } from '../../api/profile.ts';
import { number_of, query_rows, text_of } from '../../api/query.ts';
import { type Loaded, useLoad } from '../../api/use-load.ts';
import { difference } from '../../model/profile/difference.ts';
import { fold } from '../../model/profile/fold.ts';
import {
  cost_over_time_statement,
  cost_series,
  type EventType,
  event_types,
  events_statement,
  type ProfileQuestion,
  processes_statement,
  services_statement,
} from '../../model/profile/queries.ts';
import type { Tree } from '../../model/profile/tree.ts';
import type { Condition, Span } from '../../model/sql.ts';
import type { Against, ProfileState } from '../../state/profile.ts';
import { bucket_seconds } from '../../state/range.ts';
import { usePage } from '../../state/use-page.tsx';
import { conditions_for, PROFILES } from '../filter-bar.tsx';

/** What is asked beside span and event. */
export interface Asked {
  readonly service: string;
  readonly conditions: readonly Condition[];
}

export function useProfileAsked(): Asked {
  const { state } = usePage();
  const { service, process } = state.profile;
  return useMemo(() => {
    const conditions = conditions_for(PROFILES, state.conditions);
    const own: readonly Condition[] = process === undefined ? [] : [{ column: 'process_id', op: '=', value: process }];
    return { service, conditions: [...own, ...conditions] };
  }, [service, process, state.conditions]);
}

/** Seconds that the graphs are about. */
export const shown_span = (window: Span, part: Span | undefined): Span =>
  part ?? { from_s: window.from_s, to_s: window.to_s };

/** The other side of a comparison; undefined when there is none. */
export function other_side(span: Span, against: Against, asked: Asked): { span: Span; asked: Asked } | undefined {
  if (against.kind === 'nothing') return undefined;
  if (against.kind === 'span') return { span: against.span, asked };
  // The process belongs to the service that it was chosen with.
  const conditions = asked.conditions.filter((c) => c.column !== 'process_id');
  if (against.kind === 'service') return { span, asked: { service: against.service, conditions } };
  return { span: { from_s: 2 * span.from_s - span.to_s, to_s: span.from_s }, asked };
}

export function useEvents(asked: Asked): Loaded<readonly EventType[]> {
  const { state, window, tick } = usePage();
  const span = { from_s: window.from_s, to_s: window.to_s };
  return useLoad(JSON.stringify(['events', state.range, asked]), tick, async (signal) =>
    event_types(await query_rows(events_statement({ span, ...asked }), signal)),
  );
}

export interface Costed {
  readonly name: string;
  readonly cost: number;
}
const costed = (rows: readonly Readonly<Record<string, unknown>>[], column: string): Costed[] =>
  rows.map((row) => ({ name: text_of(row, column), cost: number_of(row, 'cost') }));

export function useServices(event: string | undefined, wanted: boolean): Loaded<readonly Costed[]> {
  const { state, window } = usePage();
  const key = wanted && event !== undefined ? JSON.stringify(['services', state.range, event]) : undefined;
  return useLoad(key, 0, async (signal) =>
    costed(await query_rows(services_statement(window, event!), signal), 'app_service'),
  );
}
export function useProcesses(event: string | undefined, service: string, wanted: boolean): Loaded<readonly Costed[]> {
  const { state, window } = usePage();
  const key = wanted && event !== undefined ? JSON.stringify(['processes', state.range, event, service]) : undefined;
  return useLoad(key, 0, async (signal) =>
    costed(await query_rows(processes_statement(window, event!, service), signal), 'process_id'),
  );
}

export interface CostSeries {
  readonly time_s: readonly number[];
  readonly per_s: readonly number[];
  readonly step_s: number;
}
export function useCostOverTime(event: string | undefined, asked: Asked): Loaded<CostSeries> {
  const { state, window, tick } = usePage();
  const key = event === undefined ? undefined : JSON.stringify(['cost', state.range, event, asked]);
  return useLoad(key, tick, async (signal) => {
    // Samples have whole seconds; as many points as the chart of a view has.
    const step_s = bucket_seconds({ ...window, precision: '1s' });
    const rows = await query_rows(cost_over_time_statement({ span: window, event: event!, ...asked }, step_s), signal);
    return { ...cost_series(rows, window, step_s), step_s };
  });
}

export interface Trees {
  readonly now: Tree;
  readonly before: Tree | undefined;
}
/** Trees of an event as they were answered, of both sides when two are compared. */
export function useTrees(event: EventType, asked: Asked, profile: ProfileState): Loaded<Trees> {
  const { state, window, tick } = usePage();
  const { part, against } = profile;
  const key = JSON.stringify(['trees', state.range, part, event.type, asked, against]);
  return useLoad(key, tick, async (signal) => {
    const span = shown_span(window, part);
    const question: ProfileQuestion = { span, event: event.type, ...asked };
    const other = other_side(span, against, asked);
    const [now, before] = await Promise.all([
      load_tree(question, signal),
      other && load_tree({ span: other.span, event: event.type, ...other.asked }, signal),
    ]);
    return { now, before };
  });
}

export interface Shown extends Trees {
  /** The tree to draw: of a comparison both laid over each other. */
  readonly tree: Tree;
}
export function useShown(trees: Trees | undefined, folded: ProfileState['folded']): Shown | undefined {
  return useMemo(() => {
    if (!trees) return undefined;
    const now = fold(trees.now, folded);
    const before = trees.before && fold(trees.before, folded);
    return { now, before, tree: before ? difference(before, now) : now };
  }, [trees, folded]);
}
