// Colours of frames: the kind by hue, the module by shade; of a difference, more is red and less is blue.
import type { Theme } from '../../state/theme.ts';
import type { Fn, Kind } from '../../model/profile/tree.ts';

/** Hue and saturation of each kind; modules spread over some degrees around it. */
const HUES: Readonly<Record<Kind, readonly [hue: number, spread: number, saturation: number]>> = {
  A: [32, 16, 80],
  L: [205, 22, 55],
  K: [275, 10, 42],
  H: [0, 0, 0],
  '?': [0, 0, 0],
};
export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  A: 'program',
  L: 'library',
  K: 'kernel',
  H: 'cut short',
  '?': 'no name',
};

function hash(text: string): number {
  let h = 7;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
  return (h >>> 0) / 4294967296;
}

const lightness = (theme: Theme, name: number): number => (theme === 'dark' ? 33 + name * 9 : 72 + name * 9);
const strength = (theme: Theme, saturation: number): number => saturation * (theme === 'dark' ? 0.62 : 1);

export function colour_of(fn: Fn, theme: Theme): string {
  const [hue, spread, saturation] = HUES[fn.kind];
  const h = hue + (hash(fn.module) * 2 - 1) * spread;
  return `hsl(${h.toFixed(0)} ${strength(theme, saturation).toFixed(0)}% ${lightness(theme, hash(fn.name)).toFixed(0)}%)`;
}

export const kind_colour = (kind: Kind, theme: Theme): string => {
  const [hue, , saturation] = HUES[kind];
  return `hsl(${hue} ${strength(theme, saturation)}% ${lightness(theme, 0.5)}%)`;
};

/** -1 (gone) .. 1 (new) in 21 steps. */
const STEPS = 10;
export function change_colours(theme: Theme): readonly string[] {
  return Array.from({ length: 2 * STEPS + 1 }, (_, i) => {
    const change = (i - STEPS) / STEPS;
    const amount = Math.abs(change) ** 0.7;
    const hue = change > 0 ? 4 : 212;
    return theme === 'dark'
      ? `hsl(${hue} ${(amount * 62).toFixed(0)}% ${(27 + amount * 14).toFixed(0)}%)`
      : `hsl(${hue} ${(amount * 82).toFixed(0)}% ${(90 - amount * 22).toFixed(0)}%)`;
  });
}
export const change_step = (change: number): number => Math.round(change * STEPS) + STEPS;
