// Whose profile: a service, and one of its processes; what costs most is offered first.
import { useMemo, useState } from 'react';
import { type Option, ranked } from '../../model/completion.ts';
import type { EventType } from '../../model/profile/queries.ts';
import { usePage } from '../../state/use-page.tsx';
import { Combobox } from '../../widgets/combobox.tsx';
import { ratio_text } from '../../widgets/format.ts';
import { type Costed, useProcesses, useServices } from './use-profile.ts';
import { cost_text } from './values.ts';

const OFFERS_MAX = 50;

function options_of(known: readonly Costed[] | undefined, unit: string, all: Option): Option[] {
  const sum = (known ?? []).reduce((n, k) => n + k.cost, 0);
  const detail = (cost: number): string => `${ratio_text(sum > 0 ? cost / sum : 0)} · ${cost_text(cost, unit)}`;
  return [
    all,
    ...(known ?? []).map(({ name, cost }) => ({ value: name, text: name || '(no name)', detail: detail(cost) })),
  ];
}

interface PickerProps {
  readonly label: string;
  readonly before: string;
  readonly chosen: string;
  readonly all: Option;
  readonly known: {
    readonly data: readonly Costed[] | undefined;
    readonly loading: boolean;
    readonly message: string | undefined;
  };
  readonly unit: string;
  readonly test_id: string;
  readonly onChoose: (value: string) => void;
  readonly onFocus: () => void;
}

export function CostPicker(p: PickerProps) {
  const [text, set_text] = useState('');
  const all = useMemo(() => options_of(p.known.data, p.unit, p.all), [p.known.data, p.unit, p.all]);
  const offers = useMemo(() => ranked(all, text, OFFERS_MAX), [all, text]);
  const choose = (value: string): void => {
    set_text('');
    p.onChoose(value);
  };
  return (
    <Combobox
      label={p.label}
      placeholder={p.chosen || p.all.text}
      text={text}
      offers={offers}
      loading={p.known.loading}
      problem={p.known.message}
      test_id={p.test_id}
      before={<span className="quiet small">{p.before}</span>}
      onText={set_text}
      onTake={(offer) => (offer || text.trim() !== '') && choose(offer?.value ?? text.trim())}
      onBack={() => p.chosen !== '' && choose('')}
      onFocus={p.onFocus}
    />
  );
}

const ALL_SERVICES: Option = { value: '', text: 'all services' };
const ALL_PROCESSES: Option = { value: '', text: 'all processes' };

export function Who({ event }: { event: EventType | undefined }) {
  const { state, set } = usePage();
  const [used, set_used] = useState({ services: false, processes: false });
  const { profile } = state;
  const services = useServices(event?.type, used.services);
  const processes = useProcesses(event?.type, profile.service, used.processes);
  const of = (loaded: typeof services) => ({ ...loaded, message: loaded.error?.message });
  const unit = event?.unit ?? '';
  return (
    <>
      <CostPicker
        label="Service"
        before="of"
        chosen={profile.service}
        all={ALL_SERVICES}
        known={of(services)}
        unit={unit}
        test_id="profile-service"
        onChoose={(service) => set({ profile: { ...profile, service, process: undefined, focus: '' } })}
        onFocus={() => set_used({ ...used, services: true })}
      />
      <CostPicker
        label="Process"
        before="process"
        chosen={profile.process === undefined ? '' : String(profile.process)}
        all={ALL_PROCESSES}
        known={of(processes)}
        unit={unit}
        test_id="profile-process"
        onChoose={(text) => {
          if (/^\d{0,10}$/.test(text))
            set({ profile: { ...profile, process: text === '' ? undefined : Number(text), focus: '' } });
        }}
        onFocus={() => set_used({ ...used, processes: true })}
      />
    </>
  );
}
