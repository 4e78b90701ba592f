// Dark or light: the system's choice until the person chooses.
import { useCallback, useSyncExternalStore } from 'react';

export type Theme = 'dark' | 'light';
const KEY = 'sonde.theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function current(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return system.matches ? 'dark' : 'light';
}

export function apply_theme(): void {
  document.documentElement.dataset.theme = current();
  for (const listener of listeners) listener();
}
system.addEventListener('change', apply_theme);

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useTheme(): [Theme, () => void] {
  const theme = useSyncExternalStore(subscribe, current);
  const toggle = useCallback(() => {
    localStorage.setItem(KEY, current() === 'dark' ? 'light' : 'dark');
    apply_theme();
  }, []);
  return [theme, toggle];
}
