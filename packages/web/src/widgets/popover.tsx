// A button with a panel below it; closes on Escape, on a click elsewhere, and when `close` is called.
import { type ReactNode, useEffect, useRef, useState } from 'react';

interface Props {
  readonly label: ReactNode;
  readonly title: string;
  readonly className?: string;
  readonly align?: 'left' | 'right';
  readonly up?: boolean;
  readonly test_id?: string;
  readonly children: (close: () => void) => ReactNode;
}

export function Popover({ label, title, className = 'button', align = 'left', up = false, test_id, children }: Props) {
  const [open, set_open] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) set_open(false);
    };
    const on_key = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      set_open(false);
    };
    document.addEventListener('pointerdown', outside, true);
    document.addEventListener('keydown', on_key, true);
    return () => {
      document.removeEventListener('pointerdown', outside, true);
      document.removeEventListener('keydown', on_key, true);
    };
  }, [open]);
  return (
    <div className="popover" ref={root}>
      <button
        type="button"
        className={className}
        title={title}
        aria-expanded={open}
        data-testid={test_id}
        onClick={() => set_open(!open)}
      >
        {label}
      </button>
      {open && <div className={`popover-panel ${align} ${up ? 'up' : ''}`}>{children(() => set_open(false))}</div>}
    </div>
  );
}
