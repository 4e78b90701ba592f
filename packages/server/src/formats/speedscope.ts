// speedscope's own file format (https://www.speedscope.app/file-format-schema.json), sampled and evented profiles. Its profiles, one a
// thread or a kind of value, become one profile here, each marked with its name.
import { type FrameType, FRAME_PREFIX } from '@sonde/records';
import {
  LIMITS,
  type Profile,
  ProfileBuilder,
  ProfileError,
  type ProfileFormat,
  type Hints,
  whole,
  NANOSECONDS,
} from './profile.ts';
import { module_type } from './modules.ts';

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';
/** Label under which the name of a thread's profile is kept. */
const NAME_LABEL = 'profile_name';
type Json = Readonly<Record<string, unknown>>;

const is_object = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text_of = (value: unknown): string => (typeof value === 'string' ? value : '');
function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ProfileError(`The speedscope file has no list of ${what}.`);
  return value;
}
function finite(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ProfileError(`${what} is not a number.`);
  return value;
}

function decode(bytes: Uint8Array, hints: Hints): Profile[] {
  let file: unknown;
  try {
    file = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    throw new ProfileError('The speedscope file is not JSON.');
  }
  if (!is_object(file) || !is_object(file.shared)) throw new ProfileError('The speedscope file has no shared frames.');
  const builder = new ProfileBuilder();
  const frames = list(file.shared.frames, 'frames').map((frame) => {
    if (!is_object(frame)) throw new ProfileError('A frame of the speedscope file is not an object.');
    const module = text_of(frame.file);
    const [type, name] = typed(text_of(frame.name), module);
    return builder.frame(type, name || '[unknown]', module);
  });
  const profiles = list(file.profiles, 'profiles');
  for (const profile of profiles) {
    if (!is_object(profile)) throw new ProfileError('A profile of the speedscope file is not an object.');
    const label = profiles.length > 1 ? builder.label_set([[NAME_LABEL, text_of(profile.name)]]) : 0;
    const adds = new Adder(builder, frames, text_of(profile.unit), label, hints);
    if (profile.type === 'sampled') read_sampled(profile, adds);
    else if (profile.type === 'evented') read_evented(profile, adds);
    else throw new ProfileError('A profile of the speedscope file is neither sampled nor evented.');
  }
  return [builder.build()];
}

function typed(name: string, module: string): readonly [FrameType, string] {
  for (const type of ['K', 'L'] as const)
    if (name.startsWith(FRAME_PREFIX[type])) return [type, name.slice(FRAME_PREFIX[type].length)];
  return [module_type(module), name];
}

/** Takes stacks of frame numbers of the file, with their weights in its unit. */
class Adder {
  private readonly builder: ProfileBuilder;
  private readonly frames: readonly number[];
  private readonly unit: string;
  private readonly label: number;
  private readonly type: number;

  constructor(builder: ProfileBuilder, frames: readonly number[], unit: string, label: number, hints: Hints) {
    this.builder = builder;
    this.frames = frames;
    this.unit = unit;
    this.label = label;
    const stored = whole(0, unit).unit;
    if (unit in NANOSECONDS) this.type = builder.type(hints.type.unit === stored ? hints.type.name : 'cpu', stored);
    else if (unit === 'bytes') this.type = builder.type('space', 'bytes');
    else this.type = builder.type(hints.type.name, hints.type.unit);
  }

  frame(index: unknown): number {
    const frame = typeof index === 'number' ? this.frames[index] : undefined;
    if (frame === undefined) throw new ProfileError(`The speedscope file has no frame ${String(index).slice(0, 20)}.`);
    return frame;
  }

  add(stack: readonly number[], weight: number): void {
    this.builder.add(this.builder.stack(stack), this.type, whole(weight, this.unit).value, this.label);
  }
}

function read_sampled(profile: Json, adds: Adder): void {
  const samples = list(profile.samples, 'samples');
  const weights = list(profile.weights, 'weights');
  if (samples.length !== weights.length)
    throw new ProfileError(`The speedscope file has ${samples.length} samples and ${weights.length} weights.`);
  samples.forEach((sample, i) => {
    adds.add(
      list(sample, 'frames of a sample').map((f) => adds.frame(f)),
      finite(weights[i], 'A weight'),
    );
  });
}

/** Time between two events belongs to the functions open then. */
function read_evented(profile: Json, adds: Adder): void {
  const open: number[] = [];
  let since = finite(profile.startValue, 'startValue');
  for (const event of list(profile.events, 'events')) {
    if (!is_object(event)) throw new ProfileError('An event of the speedscope file is not an object.');
    const at = finite(event.at, 'The time of an event');
    const frame = adds.frame(event.frame);
    if (at < since) throw new ProfileError('Events of the speedscope file go back in time.');
    if (open.length > 0 && at > since) adds.add([...open], at - since);
    since = at;
    if (event.type === 'O') {
      if (open.push(frame) > LIMITS.depth)
        throw new ProfileError(`More than ${LIMITS.depth} functions are open at once.`, 413);
    } else if (event.type !== 'C' || open.pop() !== frame)
      throw new ProfileError('Events of the speedscope file do not nest.');
  }
  if (open.length > 0) throw new ProfileError('The speedscope file ends with functions open.');
}

/** One sampled profile a type of values. */
function encode(profile: Profile): Uint8Array {
  const frames = profile.frames.map(({ type, name, module }) => ({
    name: FRAME_PREFIX[type] + name,
    ...(module === '' ? {} : { file: module }),
  }));
  const profiles = profile.types.map(({ name, unit }, type) => {
    const sums = new Map<number, number>();
    for (const s of profile.samples) if (s.type === type) sums.set(s.stack, (sums.get(s.stack) ?? 0) + s.value);
    const known = unit === 'bytes' || unit in NANOSECONDS;
    return {
      type: 'sampled',
      name,
      unit: known ? (unit === 'us' ? 'microseconds' : unit) : 'none',
      startValue: 0,
      endValue: [...sums.values()].reduce((a, b) => a + b, 0),
      samples: [...sums.keys()].map((stack) => profile.stacks[stack]),
      weights: [...sums.values()],
    };
  });
  return Buffer.from(JSON.stringify({ $schema: SCHEMA, shared: { frames }, profiles, exporter: 'sonde' }));
}

export const SPEEDSCOPE: ProfileFormat = {
  name: 'speedscope',
  media_type: 'application/json',
  extension: 'speedscope.json',
  claims: (bytes) =>
    Buffer.from(bytes.subarray(0, 4096)).toString('latin1').includes('speedscope.app/file-format-schema'),
  decode,
  encode,
};
