// Small controls that know nothing of what they control.
import { type ReactNode, useEffect, useState } from 'react';
import { Icon, type IconName } from './icon.tsx';

export function IconButton(p: {
  icon: IconName;
  title: string;
  onClick: () => void;
  pressed?: boolean;
  test_id?: string;
}) {
  return (
    <button
      type="button"
      className="button square"
      title={p.title}
      aria-label={p.title}
      aria-pressed={p.pressed}
      data-testid={p.test_id}
      onClick={p.onClick}
    >
      <Icon name={p.icon} />
    </button>
  );
}

export interface Choice<T> {
  readonly value: T;
  readonly text: string;
}

export function Segmented<T extends string | number | boolean>(p: {
  choices: readonly Choice<T>[];
  value: T;
  label: string;
  onChange: (value: T) => void;
}) {
  return (
    <fieldset className="segmented" aria-label={p.label}>
      {p.choices.map((c) => (
        <button
          type="button"
          key={String(c.value)}
          aria-pressed={c.value === p.value}
          onClick={() => p.onChange(c.value)}
        >
          {c.text}
        </button>
      ))}
    </fieldset>
  );
}

/** Tells what was typed after a short pause, and at once when it is cleared or Enter is pressed. */
export function SearchBox(p: {
  value: string;
  placeholder: string;
  onChange: (value: string) => void;
  width?: number;
}) {
  const [text, set_text] = useState(p.value);
  const { value, onChange } = p;
  useEffect(() => set_text(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 200);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <label className="search" style={{ width: p.width ?? 240 }}>
      <Icon name="search" size={14} />
      <input
        data-search=""
        data-testid="search"
        value={text}
        placeholder={p.placeholder}
        aria-label={p.placeholder}
        spellCheck={false}
        onChange={(e) => set_text(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter') onChange(text);
          if (e.key !== 'Escape') return;
          e.preventDefault();
          set_text('');
          onChange('');
          e.currentTarget.blur();
        }}
      />
      {text === '' ? <kbd>/</kbd> : null}
    </label>
  );
}

export function Toggle(p: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
  title?: string;
}) {
  return (
    <label className="toggle" title={p.title}>
      <input type="checkbox" checked={p.checked} onChange={(e) => p.onChange(e.target.checked)} />
      <span className="track" aria-hidden="true" />
      {p.children}
    </label>
  );
}

export type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'info';
export function Badge({ tone, children, title }: { tone: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}

export function Notice(p: { tone: Tone; title: string; children?: ReactNode; test_id?: string }) {
  return (
    <div className={`notice ${p.tone}`} role={p.tone === 'bad' ? 'alert' : 'status'} data-testid={p.test_id}>
      <Icon name={p.tone === 'bad' || p.tone === 'warn' ? 'warning' : 'help'} size={18} />
      <div>
        <strong>{p.title}</strong>
        {p.children}
      </div>
    </div>
  );
}

/** A thin line at the top of what is being loaded; takes no room. */
export const Loading = ({ active }: { active: boolean }) => (
  <div className={`loading ${active ? 'active' : ''}`} aria-hidden="true" />
);
