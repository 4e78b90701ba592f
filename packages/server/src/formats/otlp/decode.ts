// OTLP profiles: ExportProfilesServiceRequest of opentelemetry-proto, package v1development, as of release 1.9 (a sample names its stack,
// its values are field 4). The format is not stable: the layout of releases before is told apart by its wire types and refused.
import type { FrameType } from '@sonde/records';
import { module_type } from '../modules.ts';
import { type Labels, LIMITS, type Profile, ProfileBuilder, ProfileError } from '../profile.ts';
import { BYTES, Reader } from '../protobuf.ts';
import { attribute, attributes, read_dictionary, type Dictionary } from './dictionary.ts';

const PROFILES_MAX = 4096;
const SAMPLES_OF_ONE_MAX = 100_000;
/** profile.frame.type of the semantic conventions, where it is not code of the program itself. */
const FRAME_TYPES: Readonly<Record<string, FrameType>> = { kernel: 'K', native: 'A' };

export function decode_otlp(bytes: Uint8Array): Profile[] {
  const at = new Reader(bytes);
  const resources: Reader[] = [];
  let dictionary: Dictionary | undefined;
  while (at.next()) {
    if (at.field === 1) push(resources, at.message());
    else if (at.field === 2) dictionary = read_dictionary(at.message());
    else at.skip();
  }
  if (resources.length === 0) return [];
  if (dictionary === undefined) throw new ProfileError('The OTLP profiles come without a dictionary.');
  const profiles: Profile[] = [];
  for (const part of resources) {
    const { about, scopes } = read_resource(part, dictionary);
    for (const scope of scopes)
      while (scope.next()) {
        if (scope.field === 2) push(profiles, new OtlpProfile(dictionary, about).read(scope.message()));
        else scope.skip();
      }
  }
  return profiles;
}

function push<T>(list: T[], item: T): void {
  if (list.push(item) > PROFILES_MAX)
    throw new ProfileError(`The message has more than ${PROFILES_MAX} profiles or resources.`, 413);
}

function read_resource(at: Reader, dictionary: Dictionary): { about: Labels; scopes: Reader[] } {
  const scopes: Reader[] = [];
  const about: [string, string][] = [];
  while (at.next()) {
    if (at.field === 1) {
      const resource = at.message();
      while (resource.next()) {
        if (resource.field === 1) about.push(attribute(resource.message(), dictionary.strings));
        else resource.skip();
        if (about.length > LIMITS.labels)
          throw new ProfileError(`A resource has more than ${LIMITS.labels} attributes.`, 413);
      }
    } else if (at.field === 2) push(scopes, at.message());
    else at.skip();
  }
  return { about, scopes };
}

class OtlpProfile {
  private readonly dictionary: Dictionary;
  private readonly builder = new ProfileBuilder();
  private readonly stacks = new Map<number, number>();
  private readonly label_sets = new Map<string, number>();
  private type: readonly [name: string, unit: string] = ['', ''];
  private period_type: readonly [name: string, unit: string] = ['', ''];
  private period = 0;

  constructor(dictionary: Dictionary, about: Labels) {
    this.dictionary = dictionary;
    this.builder.about = about;
  }

  read(at: Reader): Profile {
    const samples: Reader[] = [];
    const marks: number[] = [];
    while (at.next()) {
      if (at.field === 1) this.type = this.value_type(at.message());
      else if (at.field === 2) {
        if (samples.push(at.message()) > LIMITS.samples)
          throw new ProfileError(`The profile has more than ${LIMITS.samples} samples.`, 413);
      } else if (at.field === 3) this.builder.start_ms = at.number() / 1e6;
      else if (at.field === 4) this.builder.duration_ms = at.number() / 1e6;
      else if (at.field === 5) this.period_type = this.value_type(at.message());
      else if (at.field === 6) this.period = at.number();
      else if (at.field === 7) this.builder.id = Buffer.from(at.raw()).toString('hex').slice(0, 32);
      else if (at.field === 11) at.numbers(marks, LIMITS.labels);
      else at.skip();
    }
    const [name, unit] = this.type;
    if (name === '') throw new ProfileError('An OTLP profile names no type of its values.');
    const [period_name, period_unit] = this.period_type;
    if (period_name !== '') this.builder.period = { name: period_name, unit: period_unit, value: this.period };
    this.builder.about = [...this.builder.about, ...attributes(marks, this.dictionary)];
    const type = this.builder.type(name, unit);
    for (const sample of samples) this.sample(sample, type);
    return this.builder.build();
  }

  private value_type(at: Reader): readonly [string, string] {
    let [name, unit] = [0, 0];
    while (at.next()) {
      if (at.field === 1) name = at.number();
      else if (at.field === 2) unit = at.number();
      else at.skip();
    }
    return [this.dictionary.string(name), this.dictionary.string(unit)];
  }

  /** Without values each time is one; without times the values are of the profile's time; else they belong together. */
  private sample(at: Reader, type: number): void {
    let [stack, link] = [0, 0];
    const marks: number[] = [];
    const values: number[] = [];
    const times_ms: number[] = [];
    while (at.next()) {
      if (at.field === 3 && at.wire === BYTES)
        throw new ProfileError('These OTLP profiles have the layout of a release before 1.9, which is not read.');
      if (at.field === 1) stack = at.number();
      else if (at.field === 2) at.numbers(marks, LIMITS.labels);
      else if (at.field === 3) link = at.number();
      else if (at.field === 4) at.numbers(values, SAMPLES_OF_ONE_MAX);
      else if (at.field === 5) at.nanos_as_ms(times_ms, SAMPLES_OF_ONE_MAX);
      else at.skip();
    }
    if (values.length > 0 && times_ms.length > 0 && values.length !== times_ms.length)
      throw new ProfileError(`A sample has ${values.length} values and ${times_ms.length} times.`);
    const of = this.stack(stack);
    const labels = this.labels(marks, link);
    for (let i = 0; i < Math.max(values.length, times_ms.length); i++)
      this.builder.add(of, type, values[i] ?? (values.length === 0 ? 1 : 0), labels, second_of(times_ms[i]));
  }

  private labels(marks: readonly number[], link: number): number {
    const key = `${link}:${marks.join()}`;
    const known = this.label_sets.get(key);
    if (known !== undefined) return known;
    const id = this.builder.label_set([...attributes(marks, this.dictionary), ...this.dictionary.link(link)]);
    this.label_sets.set(key, id);
    return id;
  }

  /** The dictionary has the innermost function first. */
  private stack(index: number): number {
    const known = this.stacks.get(index);
    if (known !== undefined) return known;
    const frames: number[] = [];
    for (const location of [...this.dictionary.stack(index)].reverse()) {
      const { type, module, place, lines } = this.dictionary.location(location);
      const of = FRAME_TYPES[type] ?? (type === '' ? module_type(module) : 'I');
      if (lines.length === 0) frames.push(this.builder.frame(of === 'A' ? module_type(module) : of, place, module));
      for (const { name, file } of [...lines].reverse())
        frames.push(this.builder.frame(of === 'A' ? module_type(module) : of, name || '[unknown]', file || module));
    }
    const id = this.builder.stack(frames);
    this.stacks.set(index, id);
    return id;
  }
}

const second_of = (ms: number | undefined): number => (ms === undefined ? 0 : Math.floor(ms / 1000));
