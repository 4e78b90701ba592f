// Which span of time the page shows, and how often it looks again.
import { useState } from 'react';
import { LAST_SECONDS } from '../state/range.ts';
import { REFRESH_SECONDS } from '../state/url.ts';
import { usePage } from '../state/use-page.tsx';
import { span_text } from '../widgets/format.ts';
import { Icon } from '../widgets/icon.tsx';
import { Popover } from '../widgets/popover.tsx';
import { IconButton } from '../widgets/basics.tsx';
import { range_text } from './range-text.ts';

const two = (n: number): string => String(n).padStart(2, '0');
/** Value of a datetime-local field, local time. */
const field_of = (s: number): string => {
  const d = new Date(s * 1000);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
};
const seconds_of = (field: string): number => Math.floor(new Date(field).getTime() / 1000);

function Fixed({ close }: { close: () => void }) {
  const { set, window } = usePage();
  const [from, set_from] = useState(field_of(window.from_s));
  const [to, set_to] = useState(field_of(window.to_s));
  const [from_s, to_s] = [seconds_of(from), seconds_of(to)];
  const valid = Number.isFinite(from_s) && Number.isFinite(to_s) && to_s > from_s;
  return (
    <form
      className="fixed-range"
      onSubmit={(event) => {
        event.preventDefault();
        if (!valid) return;
        set({ range: { kind: 'fixed', from_s, to_s } });
        close();
      }}
    >
      <label>
        From <input type="datetime-local" step="1" value={from} onChange={(e) => set_from(e.target.value)} />
      </label>
      <label>
        To <input type="datetime-local" step="1" value={to} onChange={(e) => set_to(e.target.value)} />
      </label>
      <button type="submit" className="button primary" disabled={!valid}>
        Apply
      </button>
    </form>
  );
}

export function TimePicker() {
  const { state, set, refresh, status } = usePage();
  const { range } = state;
  return (
    <div className="time-controls">
      <Popover
        title="Time range"
        align="right"
        test_id="range"
        label={
          <>
            <Icon name="clock" size={14} />{' '}
            {range.kind === 'last' ? `Last ${span_text(range.seconds)}` : range_text(range)}{' '}
            <Icon name="chevron" size={12} />
          </>
        }
      >
        {(close) => (
          <div className="range-menu">
            {LAST_SECONDS.map((seconds) => (
              <button
                type="button"
                key={seconds}
                className="menu-item"
                aria-pressed={range.kind === 'last' && range.seconds === seconds}
                onClick={() => {
                  set({ range: { kind: 'last', seconds } });
                  close();
                }}
              >
                Last {span_text(seconds)}
              </button>
            ))}
            <Fixed close={close} />
          </div>
        )}
      </Popover>
      <select
        aria-label="Refresh"
        title="Refresh by itself"
        value={state.refresh_s}
        onChange={(e) => set({ refresh_s: Number(e.target.value) }, 'replace')}
      >
        {REFRESH_SECONDS.map((s) => (
          <option key={s} value={s}>
            {s === 0 ? 'Off' : `${s} s`}
          </option>
        ))}
      </select>
      <span className={status.loading ? 'spinning' : ''}>
        <IconButton icon="refresh" title="Refresh (r)" onClick={refresh} />
      </span>
    </div>
  );
}
