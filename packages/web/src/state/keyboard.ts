// Shortcuts. Keys typed into a field belong to the field, except Escape.
import { useEffect, useRef } from 'react';

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const in_field = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useKeys(keys: Keys, active = true): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!active) return;
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (in_field(event.target) && event.key !== 'Escape') return;
      latest.current[event.key]?.(event);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [active]);
}

/** `close` on Escape, while there is something to close. */
export const useEscape = (close: () => void, active: boolean): void => useKeys({ ['Escape' as string]: close }, active);

export const SHORTCUTS: readonly (readonly [string, string])[] = [
  ['1 … 6', 'Map, Services, Requests, Profile, Query, Status'],
  ['/', 'Search'],
  ['r', 'Refresh now'],
  ['j k ↓ ↑', 'Move in a list'],
  ['Enter', 'Open what is selected'],
  ['← ↑ → ↓', 'Walk along the frames of a flame graph'],
  ['s', 'Callers and callees of a frame'],
  ['f', 'Fit the map into view'],
  ['Esc', 'Close a panel, clear the search'],
  ['t', 'Dark or light'],
  ['?', 'This help'],
];

/** Puts the caret into the search field of the view, if it has one. */
export const focus_search = (event: KeyboardEvent): void => {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
};
