// The profile of one event type, in the shape that was chosen.
import { useMemo } from 'react';
import { layout_of } from '../../model/profile/layout.ts';
import type { EventType } from '../../model/profile/queries.ts';
import { type Pattern, search } from '../../model/profile/search.ts';
import { fn_key, path_hashes, path_of, sum_of } from '../../model/profile/tree.ts';
import { useTheme } from '../../state/theme.ts';
import { usePage } from '../../state/use-page.tsx';
import { Loading, Notice } from '../../widgets/basics.tsx';
import { integer_text } from '../../widgets/format.ts';
import { Empty } from '../empty.tsx';
import { against_text } from './compare.tsx';
import { Download } from './download.tsx';
import { Flame } from './flame.tsx';
import { Sandwich } from './sandwich.tsx';
import { FunctionTable, useLines } from './table.tsx';
import { type Asked, type Shown, useShown, useTrees } from './use-profile.ts';
import { cost_text, share_text } from './values.ts';

/** Of a long path only the last frames are named. */
const CRUMBS_MAX = 6;

interface PaneProps {
  readonly event: EventType;
  readonly asked: Asked;
  readonly pattern: Pattern | undefined;
}

function Crumbs({ shown, focus, onFocus }: { shown: Shown; focus: number; onFocus: (node: number) => void }) {
  const path = path_of(shown.tree, focus);
  const hidden = Math.max(0, path.length - CRUMBS_MAX);
  if (path.length < 2) return null;
  return (
    <nav className="crumbs" aria-label="Frames around what is shown" data-testid="crumbs">
      {hidden > 0 && (
        <button type="button" onClick={() => onFocus(0)}>
          all
        </button>
      )}
      {hidden > 1 && <span className="quiet">› {hidden - 1} more</span>}
      {path.slice(hidden).map((node, i) => (
        <span key={node}>
          {(hidden > 0 || i > 0) && <span className="quiet"> › </span>}
          <button type="button" aria-current={node === focus ? 'true' : undefined} onClick={() => onFocus(node)}>
            {shown.tree.functions[shown.tree.fn[node]!]!.name}
          </button>
        </span>
      ))}
    </nav>
  );
}

function Head(p: { event: EventType; shown: Shown; found: number | undefined; focus: number }) {
  const { state } = usePage();
  const { event, shown } = p;
  const { against, service } = state.profile;
  const sum = sum_of(shown.now);
  return (
    <header className="pane-head">
      <h3>{event.type}</h3>
      <b data-testid="pane-total" data-total={sum}>
        {cost_text(sum, event.unit)}
      </b>
      {shown.before && (
        <span className="quiet">
          against {against_text(against)}: <b>{cost_text(sum_of(shown.before), event.unit)}</b>
        </span>
      )}
      {p.found !== undefined && (
        <span className="badge info" data-testid="pane-found">
          {share_text(p.found, sum_of(shown.tree))} matches
        </span>
      )}
      <span className="spacer" />
      <span className="quiet small">{integer_text(shown.tree.fn.length - 1)} frames</span>
      <Download
        tree={shown.now}
        focus={shown.before ? 0 : p.focus}
        name={`${service || 'all'} ${event.type}`}
        event={event.type}
        unit={event.unit}
      />
    </header>
  );
}

/** Graph, sandwich or table of what was loaded. */
function Body({ event, pattern, shown }: PaneProps & { shown: Shown }) {
  const { state, set } = usePage();
  const [theme] = useTheme();
  const { profile } = state;
  const layout = useMemo(() => layout_of(shown.tree), [shown]);
  const hashes = useMemo(() => path_hashes(shown.tree), [shown]);
  const focus = useMemo(() => hashes.find(profile.focus), [hashes, profile.focus]);
  const test = pattern && 'test' in pattern ? pattern.test : undefined;
  const found = useMemo(() => test && search(shown.tree, layout, test), [shown, layout, test]);
  const lines = useLines(shown);
  const zoom = (node: number): void => set({ profile: { ...profile, focus: hashes.name(node) } });
  const open = (fn: string): void => set({ profile: { ...profile, shape: 'sandwich', fn } });
  const common = { shown, unit: event.unit, theme };
  const is_graph = profile.shape === 'flame' || profile.shape === 'icicle';
  return (
    <>
      <Head event={event} shown={shown} found={found?.total} focus={focus} />
      {is_graph && <Crumbs shown={shown} focus={focus} onFocus={zoom} />}
      {is_graph && (
        <Flame
          {...common}
          tree={shown.tree}
          layout={layout}
          upward={profile.shape === 'flame'}
          found={found}
          focus={focus}
          onFocus={zoom}
          onOpen={(node) => open(fn_key(shown.tree.functions[shown.tree.fn[node]!]!))}
          label={`${event.type} profile`}
          test_id={`flame-${event.type}`}
        />
      )}
      {profile.shape === 'table' && (
        <FunctionTable {...common} lines={lines} selected="" onOpen={open} test_id={`functions-${event.type}`} />
      )}
      {profile.shape === 'sandwich' && (
        <Sandwich
          {...common}
          pattern={pattern}
          fn={profile.fn}
          onFn={(fn) => set({ profile: { ...profile, fn } })}
          test_id={`sandwich-${event.type}`}
        />
      )}
    </>
  );
}

export function Pane(p: PaneProps) {
  const { state, set } = usePage();
  const { profile } = state;
  const loaded = useTrees(p.event, p.asked, profile);
  const shown = useShown(loaded.data, profile.folded);
  const nothing = shown !== undefined && sum_of(shown.tree) === 0;
  return (
    <section
      className={`pane ${loaded.stale ? 'dim' : ''}`}
      data-testid={`pane-${p.event.type}`}
      data-stale={loaded.stale ? '1' : undefined}
    >
      <Loading active={loaded.loading && (!shown || loaded.stale)} />
      {loaded.error && shown && (
        <Notice tone="warn" title="Not up to date: ">
          {loaded.error.message}
        </Notice>
      )}
      {loaded.error && !shown && <Empty error={loaded.error} />}
      {nothing && (
        <Notice tone="info" title={`No ${p.event.type} samples in this part of the time. `} test_id="pane-empty">
          <button type="button" className="button" onClick={() => set({ profile: { ...profile, part: undefined } })}>
            Show the whole range
          </button>
        </Notice>
      )}
      {shown && !nothing && <Body {...p} shown={shown} />}
    </section>
  );
}
