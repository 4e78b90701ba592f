// pprof: profile.proto of github.com/google/pprof, unpacked. Tables of strings, functions, locations and mappings may come behind the
// samples that use them, so the message is gone through twice.
import type { FrameType } from '@sonde/records';
import { type Labels, LIMITS, type Profile, ProfileBuilder, ProfileError } from '../profile.ts';
import { Reader } from '../protobuf.ts';
import { module_type } from '../modules.ts';

/** Fields of Profile. */
const PROFILE = {
  sample_type: 1,
  sample: 2,
  mapping: 3,
  location: 4,
  function: 5,
  string: 6,
  time_nanos: 9,
  duration_nanos: 10,
  period_type: 11,
  period: 12,
} as const;
const STRINGS_MAX = 1_000_000;

interface Mapping {
  readonly start: bigint;
  readonly offset: bigint;
  readonly file: string;
}
interface Location {
  readonly mapping: number;
  readonly address: bigint;
  /** Function ids, the innermost inlined one first. */
  readonly lines: readonly number[];
}
interface Named {
  readonly name: string;
  readonly file: string;
}

export function decode_pprof(bytes: Uint8Array): Profile[] {
  const file = new PprofFile(bytes);
  return [file.profile()];
}

class PprofFile {
  private readonly strings: string[] = [];
  private readonly parts = new Map<number, Reader[]>();
  private readonly builder = new ProfileBuilder();
  private readonly frames_of = new Map<number, readonly number[]>();
  private mappings = new Map<number, Mapping>();
  private locations = new Map<number, Location>();
  private functions = new Map<number, Named>();
  private period = 0;

  constructor(bytes: Uint8Array) {
    const at = new Reader(bytes);
    let parts = 0;
    while (at.next()) {
      if (at.field === PROFILE.string) {
        if (this.strings.push(at.text()) > STRINGS_MAX)
          throw new ProfileError(`The profile has more than ${STRINGS_MAX} strings.`, 413);
      } else if (at.field === PROFILE.time_nanos) this.builder.start_ms = at.number() / 1e6;
      else if (at.field === PROFILE.duration_nanos) this.builder.duration_ms = at.number() / 1e6;
      else if (at.field === PROFILE.period) this.period = at.number();
      else if (at.field <= PROFILE.function || at.field === PROFILE.period_type) {
        if (++parts > STRINGS_MAX) throw new ProfileError(`The profile has more than ${STRINGS_MAX} entries.`, 413);
        const known = this.parts.get(at.field);
        if (known === undefined) this.parts.set(at.field, [at.message()]);
        else known.push(at.message());
      } else at.skip();
    }
  }

  profile(): Profile {
    const types = this.of(PROFILE.sample_type).map((part) => {
      const [name, unit] = this.value_type(part);
      return this.builder.type(name, unit);
    });
    if (types.length === 0) throw new ProfileError('The pprof profile names no type of its values.');
    this.mappings = this.table(PROFILE.mapping, (part) => this.mapping(part));
    this.functions = this.table(PROFILE.function, (part) => this.function(part));
    this.locations = this.table(PROFILE.location, (part) => this.location(part));
    const [period] = this.of(PROFILE.period_type);
    if (period !== undefined) {
      const [name, unit] = this.value_type(period);
      this.builder.period = { name, unit, value: this.period };
    }
    for (const part of this.of(PROFILE.sample)) this.sample(part, types);
    return this.builder.build();
  }

  private of(field: number): readonly Reader[] {
    return this.parts.get(field) ?? [];
  }

  /** Entries by their id, which is field 1 of each. */
  private table<T>(field: number, read: (part: Reader) => readonly [id: number, T]): Map<number, T> {
    return new Map(this.of(field).map(read));
  }

  private string(index: number): string {
    const text = this.strings[index];
    if (text === undefined) throw new ProfileError(`The pprof profile has no string ${index}.`);
    return text;
  }

  private value_type(at: Reader): [name: string, unit: string] {
    let [name, unit] = ['', ''];
    while (at.next()) {
      if (at.field === 1) name = this.string(at.number());
      else if (at.field === 2) unit = this.string(at.number());
      else at.skip();
    }
    return [name, unit];
  }

  private mapping(at: Reader): readonly [number, Mapping] {
    let id = 0;
    let [start, offset, file] = [0n, 0n, ''];
    while (at.next()) {
      if (at.field === 1) id = at.number();
      else if (at.field === 2) start = at.big();
      else if (at.field === 4) offset = at.big();
      else if (at.field === 5) file = this.string(at.number());
      else at.skip();
    }
    return [id, { start, offset, file }];
  }

  private function(at: Reader): readonly [number, Named] {
    let [id, name, system, file] = [0, 0, 0, 0];
    while (at.next()) {
      if (at.field === 1) id = at.number();
      else if (at.field === 2) name = at.number();
      else if (at.field === 3) system = at.number();
      else if (at.field === 4) file = at.number();
      else at.skip();
    }
    return [id, { name: this.string(name) || this.string(system), file: this.string(file) }];
  }

  private location(at: Reader): readonly [number, Location] {
    let [id, mapping] = [0, 0];
    let address = 0n;
    const lines: number[] = [];
    while (at.next()) {
      if (at.field === 1) id = at.number();
      else if (at.field === 2) mapping = at.number();
      else if (at.field === 3) address = at.big();
      else if (at.field === 4) {
        const line = at.message();
        while (line.next()) {
          if (line.field === 1) lines.push(line.number());
          else line.skip();
        }
        if (lines.length > LIMITS.depth)
          throw new ProfileError(`A location has more than ${LIMITS.depth} inlined functions.`, 413);
      } else at.skip();
    }
    return [id, { mapping, address, lines }];
  }

  /** Outermost first. */
  private frames(id: number): readonly number[] {
    const known = this.frames_of.get(id);
    if (known !== undefined) return known;
    const location = this.locations.get(id);
    if (location === undefined) throw new ProfileError(`The pprof profile has no location ${id}.`);
    const mapping = this.mappings.get(location.mapping);
    const module = mapping?.file ?? '';
    const type: FrameType = module_type(module);
    const frames = location.lines.map((of) => {
      const named = this.functions.get(of);
      if (named === undefined) throw new ProfileError(`The pprof profile has no function ${of}.`);
      return this.builder.frame(type, named.name || '[unknown]', named.file || module);
    });
    if (frames.length === 0) frames.push(this.builder.frame(type, place(location.address, mapping), module));
    frames.reverse();
    this.frames_of.set(id, frames);
    return frames;
  }

  private sample(at: Reader, types: readonly number[]): void {
    const locations: number[] = [];
    const values: number[] = [];
    const labels: [string, string][] = [];
    while (at.next()) {
      if (at.field === 1) at.numbers(locations, STRINGS_MAX);
      else if (at.field === 2) at.numbers(values, LIMITS.types);
      else if (at.field === 3) labels.push(this.label(at.message()));
      else at.skip();
    }
    if (values.length !== types.length)
      throw new ProfileError(`A sample has ${values.length} values, the profile has ${types.length} types of them.`);
    const frames: number[] = [];
    // The outermost ones of a stack beyond all bounds are left out before anything is copied.
    for (let i = Math.min(locations.length, LIMITS.depth + 1) - 1; i >= 0; i--)
      for (const frame of this.frames(locations[i]!)) frames.push(frame);
    const stack = this.builder.stack(frames);
    const set = labels.length === 0 ? 0 : this.builder.label_set(labels);
    for (const [i, type] of types.entries()) this.builder.add(stack, type, values[i]!, set);
  }

  private label(at: Reader): Labels[number] & [string, string] {
    let [key, text, number, unit] = [0, 0, 0, 0];
    while (at.next()) {
      if (at.field === 1) key = at.number();
      else if (at.field === 2) text = at.number();
      else if (at.field === 3) number = at.number();
      else if (at.field === 4) unit = at.number();
      else at.skip();
    }
    const value = text !== 0 ? this.string(text) : `${number}${unit === 0 ? '' : ` ${this.string(unit)}`}`;
    return [this.string(key), value];
  }
}

/** Where a function without a name lies: its offset in the file, or its address where no file is known. */
function place(address: bigint, mapping: Mapping | undefined): string {
  if (mapping === undefined || mapping.file === '' || address < mapping.start) return `0x${address.toString(16)}`;
  return `+0x${(address - mapping.start + mapping.offset).toString(16)}`;
}
