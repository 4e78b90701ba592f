// The screen when there is nothing to show: why, and what to do.
import { type FormEvent, type ReactNode, useState } from 'react';
import { type ApiError, set_token } from '../api/client.ts';
import { type Cause, why_empty } from '../model/why-empty.ts';
import { usePage } from '../state/use-page.tsx';
import { Icon, type IconName } from '../widgets/icon.tsx';
import { range_text } from '../shell/range-text.ts';

const ICONS: Readonly<Record<Cause, IconName>> = {
  unreachable: 'warning',
  unauthorised: 'lock',
  query: 'warning',
  no_agent: 'pulse',
  agent_lost: 'pulse',
  agent_blind: 'lock',
  no_traffic: 'clock',
  profiles_off: 'flame',
  no_samples: 'flame',
  filtered: 'filter',
};

function TokenForm({ onDone }: { onDone: () => void }) {
  const [token, set_text] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    set_token(token.trim());
    onDone();
  };
  return (
    <form className="token-form" onSubmit={submit}>
      <input
        type="password"
        value={token}
        aria-label="Access token"
        autoComplete="off"
        onChange={(e) => set_text(e.target.value)}
      />
      <button type="submit" className="button primary">
        Enter
      </button>
    </form>
  );
}

interface Props {
  readonly error?: ApiError | undefined;
  readonly hidden?: boolean;
  readonly onClear?: () => void;
  /** Of a view of profiles: what the setting says. */
  readonly profile_hz?: number;
  /** Further ways out. */
  readonly children?: ReactNode;
}

export function Empty(p: Props) {
  const { state, status, now_s, refresh } = usePage();
  const why = why_empty({
    error: p.error ?? status.error,
    status: status.data,
    now_ms: now_s * 1000,
    hidden_by_filter: p.hidden ?? false,
    range_text: range_text(state.range),
    profile_hz: p.profile_hz,
  });
  return (
    <div className="empty" data-testid="empty" data-cause={why.cause}>
      <span className="empty-icon">
        <Icon name={ICONS[why.cause]} size={28} />
      </span>
      <h2>{why.title}</h2>
      <p>{why.text}</p>
      {why.details.length > 0 && (
        <ul>
          {why.details.map((d) => (
            <li key={d}>{d}</li>
          ))}
        </ul>
      )}
      {why.cause === 'unauthorised' && <TokenForm onDone={refresh} />}
      {why.cause === 'filtered' && p.onClear && (
        <button type="button" className="button primary" onClick={p.onClear}>
          Clear filters
        </button>
      )}
      {p.children}
    </div>
  );
}
