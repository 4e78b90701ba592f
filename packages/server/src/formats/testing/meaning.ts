// What a profile means, in a form that two readers of it can be compared by: values by stack, labels and type.
import type { Profile } from '../profile.ts';

export type Meaning = Map<string, number>;

export function add(
  meaning: Meaning,
  stack: readonly string[],
  labels: readonly string[],
  type: string,
  value: number,
) {
  if (value === 0) return;
  const key = [stack.join(';'), [...labels].sort().join(','), type].join(' | ');
  meaning.set(key, (meaning.get(key) ?? 0) + value);
}

export function meaning_of(profile: Profile, with_labels = true): Meaning {
  const meaning: Meaning = new Map();
  for (const { stack, type, labels, value } of profile.samples) {
    const names = profile.stacks[stack]!.map((f) => profile.frames[f]!.name);
    const pairs = with_labels ? profile.labels[labels]!.map(([k, v]) => `${k}=${v}`) : [];
    const { name, unit } = profile.types[type]!;
    add(meaning, names, pairs, `${name}/${unit}`, value);
  }
  return meaning;
}
