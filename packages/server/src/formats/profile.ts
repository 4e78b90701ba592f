// The contract of profile formats: what their bytes become, and what bytes are made of. A format is one file or folder and one line of
// the registry (index.ts). Bytes come from outside: whatever they are, decoding ends in bounded time and memory, with a profile or with
// a ProfileError that says what is wrong.
import type { FrameType } from '@sonde/records';
import type { StackFrame } from '@sonde/records/codec';

/** What a value counts, as pprof says it: ['cpu', 'nanoseconds'], ['alloc_objects', 'count']. */
export interface ValueType {
  readonly name: string;
  readonly unit: string;
}
export type Labels = readonly (readonly [name: string, value: string])[];

export interface Sample {
  /** Index of `stacks`. */
  readonly stack: number;
  /** Index of `types`. */
  readonly type: number;
  /** Index of `labels`; 0 = none. */
  readonly labels: number;
  /** Second (epoch) at which it was taken; 0 = somewhere within the profile. */
  readonly second: number;
  value: number;
}

export interface Profile {
  readonly types: readonly ValueType[];
  readonly frames: readonly StackFrame[];
  /** Indexes of `frames`, outermost first. */
  readonly stacks: readonly (readonly number[])[];
  readonly labels: readonly Labels[];
  readonly samples: readonly Sample[];
  /** Begin in milliseconds since 1970, and length; 0 = the bytes do not say. */
  readonly start_ms: number;
  readonly duration_ms: number;
  /** What was counted between two samples. */
  readonly period: (ValueType & { readonly value: number }) | undefined;
  /** What the whole profile is marked with: the process, the resource. */
  readonly about: Labels;
  /** 32 hex digits, where the format has an id. */
  readonly id: string;
}

/** What a format does not say itself. */
export interface Hints {
  readonly sample_rate_hz: number;
  /** Of formats without value types. */
  readonly type: ValueType;
}
export const NO_HINTS: Hints = { sample_rate_hz: 100, type: { name: 'samples', unit: 'count' } };

export interface ProfileFormat {
  readonly name: string;
  readonly media_type: string;
  /** Of a file, without the dot. */
  readonly extension: string;
  /** Whether bytes that nobody named look like it. */
  readonly claims?: (bytes: Uint8Array) => boolean;
  /** `bytes` are unpacked. Throws a ProfileError and nothing else. */
  readonly decode?: (bytes: Uint8Array, hints: Hints) => Profile[];
  readonly encode?: (profile: Profile) => Uint8Array;
}

/** What is wrong with bytes or with what came with them: a sentence for the one who sent them. */
export class ProfileError extends Error {
  readonly status: 400 | 413 | 415;

  constructor(message: string, status: 400 | 413 | 415 = 400) {
    super(message);
    this.name = 'ProfileError';
    this.status = status;
  }
}

export const LIMITS = {
  /** Of a body, and of what it unpacks to. */
  body_bytes: 32 * 1024 * 1024,
  unpacked_bytes: 64 * 1024 * 1024,
  /** Of one message. */
  samples: 500_000,
  stacks: 250_000,
  frames: 250_000,
  types: 64,
  label_sets: 65_535,
  labels: 64,
  /** Functions of a stack; the outer ones of a deeper stack become one. */
  depth: 1024,
  /** Characters of a name; the rest is cut off. */
  name_chars: 2048,
} as const;

const TOO_DEEP: StackFrame = { type: 'H', name: '[too deep]', module: '' };
const cut = (text: string): string => (text.length > LIMITS.name_chars ? text.slice(0, LIMITS.name_chars) : text);

/** Puts a profile together; whatever goes over a limit is a ProfileError. */
export class ProfileBuilder {
  private readonly types: ValueType[] = [];
  private readonly frames: StackFrame[] = [];
  private readonly stacks: (readonly number[])[] = [];
  private readonly labels: Labels[] = [[]];
  private readonly samples: Sample[] = [];
  private readonly frame_ids = new Map<string, number>();
  private readonly stack_ids = new Map<string, number>();
  private readonly label_ids = new Map<string, number>([['[]', 0]]);
  private readonly by_second = new Map<number, Map<number, Sample>>();
  start_ms = 0;
  duration_ms = 0;
  period: Profile['period'];
  about: Labels = [];
  id = '';

  type(name: string, unit: string): number {
    const known = this.types.findIndex((t) => t.name === name && t.unit === unit);
    if (known >= 0) return known;
    bound(this.types.length, LIMITS.types, 'types of values');
    return this.types.push({ name: cut(name), unit: cut(unit) }) - 1;
  }

  frame(type: FrameType, name: string, module: string): number {
    const key = `${type}\0${name}\0${module}`;
    const known = this.frame_ids.get(key);
    if (known !== undefined) return known;
    bound(this.frames.length, LIMITS.frames, 'functions');
    const id = this.frames.push({ type, name: cut(name), module: cut(module) }) - 1;
    this.frame_ids.set(key, id);
    return id;
  }

  /** `frames`: outermost first. */
  stack(frames: readonly number[]): number {
    const whole =
      frames.length <= LIMITS.depth
        ? frames
        : [this.frame(TOO_DEEP.type, TOO_DEEP.name, TOO_DEEP.module), ...frames.slice(1 - LIMITS.depth)];
    const key = whole.join();
    const known = this.stack_ids.get(key);
    if (known !== undefined) return known;
    bound(this.stacks.length, LIMITS.stacks, 'stacks');
    const id = this.stacks.push(whole) - 1;
    this.stack_ids.set(key, id);
    return id;
  }

  label_set(labels: Labels): number {
    const kept = labels.slice(0, LIMITS.labels).map(([name, value]) => [cut(name), cut(value)] as const);
    kept.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    const key = JSON.stringify(kept);
    const known = this.label_ids.get(key);
    if (known !== undefined) return known;
    bound(this.labels.length, LIMITS.label_sets, 'sets of labels');
    const id = this.labels.push(kept) - 1;
    this.label_ids.set(key, id);
    return id;
  }

  /** Values of the same stack, type, labels and second add up. */
  add(stack: number, type: number, value: number, labels = 0, second = 0): void {
    if (value === 0) return;
    let samples = this.by_second.get(second);
    if (samples === undefined) {
      samples = new Map();
      this.by_second.set(second, samples);
    }
    // Exact: all three are bounded, 2^18 * 2^6 * 2^16 at most.
    const key = (stack * LIMITS.types + type) * (LIMITS.label_sets + 1) + labels;
    const known = samples.get(key);
    if (known !== undefined) {
      known.value += value;
      return;
    }
    bound(this.samples.length, LIMITS.samples, 'samples');
    const sample: Sample = { stack, type, labels, second, value };
    samples.set(key, sample);
    this.samples.push(sample);
  }

  build(): Profile {
    const { types, frames, stacks, labels, samples, start_ms, duration_ms, period, about, id } = this;
    return { types, frames, stacks, labels, samples, start_ms, duration_ms, period, about, id };
  }
}

function bound(count: number, max: number, what: string): void {
  if (count >= max) throw new ProfileError(`The profile has more than ${max} ${what}.`, 413);
}

/** `value` in whole steps of `unit`, times in nanoseconds: what is stored is whole numbers. */
export function whole(value: number, unit: string): { value: number; unit: string } {
  const ns = NANOSECONDS[unit];
  return ns === undefined ? { value: Math.round(value), unit } : { value: Math.round(value * ns), unit: 'nanoseconds' };
}
export const NANOSECONDS: Readonly<Record<string, number>> = {
  nanoseconds: 1,
  microseconds: 1e3,
  us: 1e3,
  milliseconds: 1e6,
  seconds: 1e9,
};
