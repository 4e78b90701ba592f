// Filters by any tag, shared by map, services, requests and profiles: chips, and a field that completes tag, comparison and value in turn.
import { useEffect, useMemo, useState } from 'react';
import { family_of, load_members, load_tags, load_values } from '../api/completion.ts';
import { useLoad } from '../api/use-load.ts';
import { list_column } from '../model/catalogue.ts';
import {
  condition_of,
  of_flows,
  of_metrics,
  of_profiles,
  type Option,
  operator_options,
  ranked,
  type TagInfo,
  tag_options,
  VALUES_MAX,
} from '../model/completion.ts';
import type { Asked } from '../model/queries.ts';
import { type Condition, is_operator, type Operator } from '../model/sql.ts';
import { condition_text } from '../state/url.ts';
import { usePage } from '../state/use-page.tsx';
import { Combobox, type Offer } from '../widgets/combobox.tsx';
import { Icon } from '../widgets/icon.tsx';
import { value_text } from './requests/values.tsx';

export interface Source {
  readonly db: 'flow_log' | 'flow_metrics' | 'profile';
  readonly table: string;
}
export const REQUESTS: Source = { db: 'flow_log', table: 'l7_flow_log' };
export const CALLS: Source = { db: 'flow_metrics', table: 'application_map' };
export const PROFILES: Source = { db: 'profile', table: 'in_process' };

const OFFERS_MAX = 50;
/** Typing faster than this asks the server once. */
const PAUSE_MS = 60;

function usePaused(text: string): string {
  const [paused, set_paused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => set_paused(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}

/** All tags of the table, and members of a family of names once its name is being typed. */
export function useTags({ db, table }: Source, typed: string, wanted: boolean) {
  const { window } = usePage();
  const names = useLoad(wanted ? `tags ${table}` : undefined, 0, () => load_tags(db, table));
  const family = wanted && names.data ? family_of(typed) : undefined;
  const members = useLoad(family && `members ${table} ${family} ${window.from_s}`, 0, (signal) =>
    load_members(db, table, names.data ?? [], family!, window, signal),
  );
  const tags = useMemo(() => {
    const listed = names.data ?? [];
    const known = new Set(listed.map((tag) => tag.name));
    return [...listed, ...(members.data ?? []).filter((tag) => !known.has(tag.name))];
  }, [names.data, members.data]);
  return { tags, loading: names.loading || members.loading, error: names.error };
}

/** Values of a tag. When all of them came with the first answer, typing asks nothing more. */
function useValues({ db, table }: Source, tag: TagInfo | undefined, typed: string) {
  const { window } = usePage();
  const paused = usePaused(typed);
  const key = tag && `${table} ${tag.name} ${window.from_s} ${window.to_s}`;
  const first = useLoad(key, 0, (signal) => load_values(db, table, tag!, '', window, signal));
  const whole = first.data !== undefined && !first.stale && first.data.length < VALUES_MAX;
  const more = useLoad(key && !whole && paused !== '' && !first.loading ? `${key} ${paused}` : undefined, 0, (signal) =>
    load_values(db, table, tag!, paused, window, signal),
  );
  const known: readonly Option[] =
    whole || typed === '' ? (first.stale ? [] : (first.data ?? [])) : (more.data ?? first.data ?? []);
  return {
    values: known,
    loading: first.loading || more.loading || (!whole && paused !== typed),
    error: first.error ?? more.error,
  };
}

type Draft = { readonly tag?: TagInfo; readonly op?: Operator };
const STEPS = { tag: 'Filter by any tag', op: 'comparison', value: 'value' } as const;

/** The three steps to a condition: what is known of it so far, and what is offered for the next step. */
function useDraft(source: Source, text: string, used: boolean) {
  const [draft, set_draft] = useState<Draft>({});
  const { tag, op } = draft;
  const step = tag === undefined ? 'tag' : op === undefined ? 'op' : 'value';
  const names = useTags(source, step === 'tag' ? text : '', used);
  const values = useValues(source, step === 'value' ? tag : undefined, text);
  const all = useMemo(
    () => (step === 'tag' ? tag_options(names.tags) : step === 'op' ? operator_options(tag!.type) : values.values),
    [step, names.tags, tag, values.values],
  );
  const offers = useMemo(() => ranked(all, text, OFFERS_MAX), [all, text]);
  const loading = step === 'tag' ? names.loading : step === 'value' && values.loading;
  const error = step === 'tag' ? names.error : step === 'value' ? values.error : undefined;
  return { draft, set_draft, step, tags: names.tags, offers, loading, error } as const;
}

function AddFilter({ source, onAdd, onBack }: { source: Source; onAdd: (c: Condition) => void; onBack: () => void }) {
  const [text, set_text] = useState('');
  const [used, set_used] = useState(false);
  const { draft, set_draft, step, tags, offers, loading, error } = useDraft(source, text, used);
  const { tag, op } = draft;
  const next = (to: Draft): void => {
    set_draft(to);
    set_text('');
  };
  const take = (offer: Offer | undefined): void => {
    const typed = text.trim();
    if (step === 'tag') {
      const name = offer?.value ?? typed;
      const known = tags.find((t) => t.name === name);
      if (name !== '') next({ tag: known ?? { name, type: 'string', meaning: '', category: '' } });
    } else if (step === 'op') {
      const chosen = offer?.value ?? typed;
      if (is_operator(chosen)) next({ ...draft, op: chosen });
    } else {
      // A pattern is what was typed; an offer would be one value only.
      const pattern = /like|regexp/.test(op!) && typed !== '';
      onAdd(condition_of(tag!.name, op!, pattern ? typed : (offer?.value ?? typed)));
      next({});
    }
  };
  const back = (): void => {
    if (step === 'tag') onBack();
    else next(step === 'op' ? {} : { tag: tag! });
  };
  return (
    <Combobox
      label={step === 'tag' ? 'Filter' : `Filter: ${STEPS[step]}`}
      placeholder={STEPS[step]}
      text={text}
      offers={offers}
      loading={loading}
      problem={error?.message}
      test_id="filter-input"
      before={
        <>
          <Icon name="filter" />
          {tag && <span className="draft">{`${tag.name}${op ? ` ${op}` : ''}`}</span>}
        </>
      }
      onText={set_text}
      onTake={take}
      onBack={back}
      onFocus={() => set_used(true)}
    />
  );
}

const chip_value = (c: Condition): string =>
  list_column(c.column)?.enumeration ? value_text(c.column, c.value) : String(c.value);

/** Conditions of the URL that this source can answer. */
export const conditions_for = (source: Source, conditions: readonly Condition[]): readonly Condition[] =>
  conditions.filter(source === PROFILES ? of_profiles : source === CALLS ? of_metrics : of_flows);

/** What map and services ask for beside the range. */
export function useAsked(): Asked {
  const { state } = usePage();
  const { conditions, group_by } = state;
  return useMemo(() => ({ conditions: conditions_for(CALLS, conditions), group_by }), [conditions, group_by]);
}

export function FilterBar({ source }: { source: Source }) {
  const { state, set } = usePage();
  const add = (c: Condition): void => {
    if (state.conditions.some((o) => condition_text(o) === condition_text(c))) return;
    set({ conditions: [...state.conditions, c] });
  };
  const remove = (c: Condition | undefined): void => set({ conditions: state.conditions.filter((o) => o !== c) });
  const asked = conditions_for(source, state.conditions);
  return (
    <div className="filter-bar">
      {state.conditions.map((c) => {
        const idle = !asked.includes(c);
        return (
          <span
            className={`chip ${idle ? 'idle' : ''}`}
            key={condition_text(c)}
            data-testid="chip"
            title={idle ? 'What is shown here does not have this; it is not filtered by it' : undefined}
          >
            {c.column} {c.op} <b>{chip_value(c)}</b>
            <button type="button" aria-label="Remove this filter" onClick={() => remove(c)}>
              <Icon name="close" size={12} />
            </button>
          </span>
        );
      })}
      <AddFilter source={source} onAdd={add} onBack={() => remove(state.conditions.at(-1))} />
    </div>
  );
}
