// Profiles: which functions cost what, of a service or process, in a span of time, alone or against another.
import { useMemo } from 'react';
import { type EventType, OFF_CPU, ON_CPU, shown_events } from '../../model/profile/queries.ts';
import { pattern_of } from '../../model/profile/search.ts';
import { DEFAULT_PROFILE, SHAPES, type Shape } from '../../state/profile.ts';
import { usePage } from '../../state/use-page.tsx';
import { Loading, Notice, SearchBox, Segmented, Toggle } from '../../widgets/basics.tsx';
import { count_text } from '../../widgets/format.ts';
import { Scrubber } from '../../widgets/scrubber.tsx';
import { FilterBar, PROFILES } from '../filter-bar.tsx';
import { useTheme } from '../../state/theme.ts';
import { change_colours, KIND_NAMES, kind_colour } from './colours.ts';
import { Compare } from './compare.tsx';
import { Pane } from './pane.tsx';
import { ProfileEmpty } from './profile-empty.tsx';
import { type Asked, other_side, shown_span, useCostOverTime, useEvents, useProfileAsked } from './use-profile.ts';
import { rate_name, rate_value } from './values.ts';
import { Who } from './who.tsx';

const SHAPE_NAMES: Readonly<Record<Shape, string>> = {
  flame: 'Flame graph',
  icicle: 'Icicle',
  sandwich: 'Sandwich',
  table: 'Table',
};
const BOTH = `${ON_CPU} and ${OFF_CPU}`;

/** Types that there are; on and off the CPU side by side is one more choice. */
function Events({ known, shown }: { known: readonly EventType[]; shown: readonly EventType[] }) {
  const { state, set } = usePage();
  if (known.length < 2) return null;
  const both = [ON_CPU, OFF_CPU].every((type) => known.some((e) => e.type === type));
  const choices = [
    ...(both ? [{ value: '', text: BOTH }] : []),
    ...known.map(({ type }) => ({ value: type, text: type })),
  ];
  return (
    <Segmented
      label="What was measured"
      value={shown.length > 1 ? '' : (shown[0]?.type ?? '')}
      choices={choices}
      onChange={(event) => set({ profile: { ...state.profile, event, focus: '' } })}
    />
  );
}

function Legend({ compared }: { compared: boolean }) {
  const [theme] = useTheme();
  const changes = change_colours(theme);
  const entries: readonly (readonly [string, string])[] = compared
    ? [
        ['less', changes[3]!],
        ['same', changes[10]!],
        ['more', changes[17]!],
      ]
    : (['A', 'L', 'K', '?'] as const).map((kind) => [KIND_NAMES[kind], kind_colour(kind, theme)] as const);
  return (
    <span className="legend" aria-hidden="true">
      {entries.map(([name, colour]) => (
        <span key={name} className="legend-item">
          <i style={{ background: colour }} />
          {name}
        </span>
      ))}
    </span>
  );
}

function Shapes({ event }: { event: EventType | undefined }) {
  const { state, set } = usePage();
  const { profile } = state;
  const folds = (what: 'kernel' | 'library') => ({
    checked: profile.folded.includes(what),
    onChange: (on: boolean) =>
      set({
        profile: {
          ...profile,
          focus: '',
          folded: (['kernel', 'library'] as const).filter((f) => (f === what ? on : profile.folded.includes(f))),
        },
      }),
  });
  return (
    <div className="toolbar thin">
      <Segmented
        label="Shape"
        value={profile.shape}
        choices={SHAPES.map((value) => ({ value, text: SHAPE_NAMES[value] }))}
        onChange={(shape) => set({ sort: '', descending: true, profile: { ...profile, shape } })}
      />
      <Toggle {...folds('kernel')} title="Frames of the kernel that follow one another become one">
        Fold kernel
      </Toggle>
      <Toggle {...folds('library')} title="Frames of libraries that follow one another become one">
        Fold libraries
      </Toggle>
      <Compare event={event} />
      <SearchBox
        value={state.search}
        placeholder="Search functions (regexp)"
        width={230}
        onChange={(search) => set({ search }, 'replace')}
      />
      <span className="spacer" />
      <Legend compared={profile.against.kind !== 'nothing'} />
    </div>
  );
}

/** Cost over time; what is dragged over is shown. */
function TimeLine({ event, asked }: { event: EventType; asked: Asked }) {
  const { state, set, window } = usePage();
  const { profile } = state;
  const series = useCostOverTime(event.type, asked).data;
  if (!series) return <div className="scrubber" />;
  const other = other_side(shown_span(window, profile.part), profile.against, asked);
  const second = profile.against.kind === 'before' || profile.against.kind === 'span' ? other?.span : undefined;
  // A part belongs to the range that it was chosen in: that stays where it is then.
  const range = { kind: 'fixed', from_s: window.from_s, to_s: window.to_s } as const;
  return (
    <Scrubber
      label={rate_name(event.type, event.unit)}
      time_s={series.time_s}
      values={series.per_s.map((v) => rate_value(v, event.unit))}
      step_s={series.step_s}
      format={(v) => `${count_text(v)} ${rate_name(event.type, event.unit)}`}
      span={profile.part}
      onSpan={(part) => set({ ...(part && { range }), profile: { ...profile, part } })}
      second={second}
      onSecond={(span) =>
        set({ range, profile: { ...profile, against: span ? { kind: 'span', span } : DEFAULT_PROFILE.against } })
      }
      test_id="scrubber"
    />
  );
}

export default function ProfileView() {
  const { state, set } = usePage();
  const { profile, search } = state;
  const asked = useProfileAsked();
  const events = useEvents(asked);
  const known = events.data;
  const shown = useMemo(() => shown_events(known ?? [], profile.event), [known, profile.event]);
  const pattern = useMemo(() => pattern_of(search), [search]);
  const nothing = (known !== undefined || events.error !== undefined) && shown.length === 0;
  const filtered = asked.service !== '' || asked.conditions.length > 0;
  return (
    <div className="view profile-view" data-testid="profile" data-events={known?.map((e) => e.type).join(' ')}>
      <div className="toolbar">
        <Who event={shown[0]} />
        <Events known={known ?? []} shown={shown} />
        <FilterBar source={PROFILES} />
      </div>
      <Shapes event={shown[0]} />
      <Loading active={events.loading && !known} />
      {pattern && 'problem' in pattern && (
        <Notice tone="warn" title="No regular expression: " test_id="search-problem">
          {pattern.problem}
        </Notice>
      )}
      {shown[0] && <TimeLine event={shown[0]} asked={asked} />}
      {nothing ? (
        <ProfileEmpty
          error={known ? undefined : events.error}
          hidden={filtered}
          onClear={() => set({ conditions: [], profile: { ...profile, service: '', process: undefined } })}
        />
      ) : (
        <div className="panes">
          {shown.map((event) => (
            <Pane key={event.type} event={event} asked={asked} pattern={pattern} />
          ))}
        </div>
      )}
    </div>
  );
}
