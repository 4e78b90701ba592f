// What the shown profile is compared with: the time before, another span, another service.
import { useState } from 'react';
import type { Option } from '../../model/completion.ts';
import type { EventType } from '../../model/profile/queries.ts';
import type { Against } from '../../state/profile.ts';
import { usePage } from '../../state/use-page.tsx';
import { time_text } from '../../widgets/format.ts';
import { Icon } from '../../widgets/icon.tsx';
import { Popover } from '../../widgets/popover.tsx';
import { useServices } from './use-profile.ts';
import { CostPicker } from './who.tsx';

const NO_SERVICE: Option = { value: '', text: 'all services' };

export function against_text(against: Against): string {
  if (against.kind === 'before') return 'the time before';
  if (against.kind === 'span') return `${time_text(against.span.from_s)} – ${time_text(against.span.to_s)}`;
  if (against.kind === 'service') return against.service || 'all services';
  return 'nothing';
}

export function Compare({ event }: { event: EventType | undefined }) {
  const { state, set } = usePage();
  const [used, set_used] = useState(false);
  const { profile } = state;
  const { against } = profile;
  const services = useServices(event?.type, used);
  const choose = (next: Against): void => set({ profile: { ...profile, against: next, focus: '' } });
  return (
    <Popover
      title="Compare with another time or service"
      test_id="compare"
      label={
        <>
          {against.kind === 'nothing' ? 'Compare' : `Against ${against_text(against)}`}{' '}
          <Icon name="chevron" size={12} />
        </>
      }
    >
      {(close) => (
        <div className="compare-menu">
          {(
            [
              ['nothing', 'Nothing: one profile'],
              ['before', 'The time just before, as long as this one'],
            ] as const
          ).map(([kind, text]) => (
            <button
              type="button"
              key={kind}
              className="menu-item"
              aria-pressed={against.kind === kind}
              data-testid={`compare-${kind}`}
              onClick={() => {
                choose({ kind });
                close();
              }}
            >
              {text}
            </button>
          ))}
          <p className="quiet small">Another span of time: hold Shift and drag across the time line.</p>
          <CostPicker
            label="Compare with a service"
            before="service"
            chosen={against.kind === 'service' ? against.service : ''}
            all={NO_SERVICE}
            known={{ ...services, message: services.error?.message }}
            unit={event?.unit ?? ''}
            test_id="compare-service"
            onChoose={(service) => {
              choose({ kind: 'service', service });
              close();
            }}
            onFocus={() => set_used(true)}
          />
        </div>
      )}
    </Popover>
  );
}
