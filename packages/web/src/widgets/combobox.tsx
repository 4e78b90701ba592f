// A text field with a list of offers below it: arrows choose, Enter or Tab takes, Escape closes, Backspace in an empty field goes a step back.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

export interface Offer {
  readonly value: string;
  readonly text: string;
  readonly detail?: string;
}
interface Props {
  readonly label: string;
  readonly placeholder: string;
  readonly text: string;
  readonly offers: readonly Offer[];
  /** Offers for what is typed now are still on their way. */
  readonly loading?: boolean;
  readonly problem?: string | undefined;
  readonly before?: ReactNode;
  readonly test_id?: string;
  readonly onText: (text: string) => void;
  /** An offer, or undefined when Enter is pressed and none is chosen. */
  readonly onTake: (offer: Offer | undefined) => void;
  readonly onBack?: () => void;
  readonly onFocus?: () => void;
}

type ListProps = Pick<Props, 'text' | 'offers' | 'loading' | 'problem' | 'test_id' | 'onTake'>;

function Offers(p: ListProps & { readonly list: string; readonly active: number }) {
  const nothing = p.loading ? 'Looking …' : 'Nothing known; Enter takes what is typed';
  return (
    <div
      className="offers"
      id={p.list}
      role="listbox"
      data-testid={p.test_id && `${p.test_id}-offers`}
      data-for={p.text}
    >
      {(p.problem !== undefined || p.offers.length === 0) && <p className="quiet small">{p.problem ?? nothing}</p>}
      {p.offers.map((offer, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keyboard
        // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
        <div
          key={offer.value}
          id={`${p.list}-${i}`}
          role="option"
          aria-selected={i === p.active}
          className="offer"
          onPointerDown={(e) => e.preventDefault()}
          onClick={() => p.onTake(offer)}
        >
          <span>{offer.text}</span>
          {offer.detail && <span className="quiet small">{offer.detail}</span>}
        </div>
      ))}
    </div>
  );
}

export function Combobox(p: Props) {
  const [open, set_open] = useState(false);
  const [chosen, set_chosen] = useState(0);
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const active = Math.min(chosen, p.offers.length - 1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its top
  useEffect(() => set_chosen(0), [p.text, p.label]);
  useEffect(() => {
    document.getElementById(`${list}-${active}`)?.scrollIntoView({ block: 'nearest' });
  }, [list, active]);

  const take = (offer: Offer | undefined): void => {
    p.onTake(offer);
    set_chosen(0);
    input.current?.focus();
  };
  const on_key = (event: KeyboardEvent): void => {
    const last = p.offers.length - 1;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      set_open(true);
      if (last >= 0)
        set_chosen(event.key === 'ArrowDown' ? (active + 1) % (last + 1) : active <= 0 ? last : active - 1);
    } else if (event.key === 'Enter' || (event.key === 'Tab' && open && p.text !== '' && last >= 0)) {
      take(open ? p.offers[active] : undefined);
    } else if (event.key === 'Escape' && open) {
      set_open(false);
    } else if (event.key === 'Backspace' && p.text === '') {
      p.onBack?.();
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="combobox" data-testid={p.test_id} data-loading={p.loading ? '1' : undefined}>
      {p.before}
      <input
        ref={input}
        role="combobox"
        aria-label={p.label}
        aria-expanded={open}
        aria-controls={list}
        aria-activedescendant={open && active >= 0 ? `${list}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={p.placeholder}
        value={p.text}
        onChange={(e) => {
          set_open(true);
          p.onText(e.target.value);
        }}
        onFocus={() => {
          set_open(true);
          p.onFocus?.();
        }}
        onClick={() => set_open(true)}
        onBlur={() => set_open(false)}
        onKeyDown={on_key}
      />
      {open && <Offers {...p} list={list} active={active} onTake={take} />}
    </div>
  );
}
