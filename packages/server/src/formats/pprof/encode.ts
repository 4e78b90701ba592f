// pprof out, packed with gzip as its readers expect. Functions of libraries and of the kernel keep their type by their mapping; of the
// others the module is the function's file. Lines are not known.
import { gzipSync } from 'node:zlib';
import type { StackFrame } from '@sonde/records/codec';
import { KERNEL_FILE } from '../modules.ts';
import type { Profile, Sample } from '../profile.ts';
import { Writer } from '../protobuf.ts';

export function encode_pprof(profile: Profile): Uint8Array {
  return gzipSync(pprof_message(profile), { level: 1 });
}

/** The message itself: what Connect answers carry. */
export function pprof_message(profile: Profile): Uint8Array {
  return new PprofWriter().write(profile);
}

class PprofWriter {
  private readonly out = new Writer();
  private readonly strings = new Map<string, number>([['', 0]]);
  private readonly mappings = new Map<string, number>();

  write(profile: Profile): Uint8Array {
    const { out } = this;
    for (const { name, unit } of profile.types) this.value_type(1, name, unit);
    for (const record of records(profile)) this.sample(profile, record);
    for (const [i, frame] of profile.frames.entries()) this.location(frame, i + 1);
    for (const [file, id] of this.mappings)
      out.message(3, (m) => {
        m.number(1, id);
        m.number(5, this.string(file));
        m.number(7, 1);
      });
    if (profile.period !== undefined) {
      this.value_type(11, profile.period.name, profile.period.unit);
      out.number(12, profile.period.value);
    }
    out.number(9, Math.round(profile.start_ms * 1e6));
    out.number(10, Math.round(profile.duration_ms * 1e6));
    for (const text of this.strings.keys()) out.raw(6, Buffer.from(text));
    return out.done();
  }

  private string(text: string): number {
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    const id = this.strings.size;
    this.strings.set(text, id);
    return id;
  }

  private value_type(field: number, name: string, unit: string): void {
    this.out.message(field, (m) => {
      m.number(1, this.string(name));
      m.number(2, this.string(unit));
    });
  }

  private mapping(file: string): number {
    const known = this.mappings.get(file);
    if (known !== undefined) return known;
    const id = this.mappings.size + 1;
    this.mappings.set(file, id);
    return id;
  }

  /** A frame is a location, and a function where it has a name; both have the same id. */
  private location(frame: StackFrame, id: number): void {
    const offset = /^\+0x([0-9a-f]{1,15})$/.exec(frame.name)?.[1];
    const mapped = offset !== undefined || frame.type === 'K' || frame.type === 'L';
    const file = frame.type === 'K' && frame.module === '' ? KERNEL_FILE : frame.module;
    this.out.message(4, (m) => {
      m.number(1, id);
      if (mapped && file !== '') m.number(2, this.mapping(file));
      if (offset !== undefined) m.number(3, Number.parseInt(offset, 16));
      else m.message(4, (line) => line.number(1, id));
    });
    if (offset !== undefined) return;
    this.out.message(5, (m) => {
      m.number(1, id);
      m.number(2, this.string(frame.name));
      m.number(3, this.string(frame.name));
      if (!mapped) m.number(4, this.string(frame.module));
    });
  }

  private sample(profile: Profile, { stack, labels, values }: PprofRecord): void {
    this.out.message(2, (m) => {
      m.numbers(
        1,
        [...profile.stacks[stack]!].reverse().map((frame) => frame + 1),
      );
      m.numbers(2, values);
      for (const [name, value] of profile.labels[labels]!)
        m.message(3, (label) => {
          label.number(1, this.string(name));
          label.number(2, this.string(value));
        });
    });
  }
}

interface PprofRecord {
  readonly stack: number;
  readonly labels: number;
  readonly values: number[];
}

/** One record a stack and set of labels, with a value of each type. */
function records(profile: Profile): Iterable<PprofRecord> {
  const all = new Map<number, PprofRecord>();
  for (const { stack, labels, type, value } of profile.samples as readonly Sample[]) {
    const key = stack * profile.labels.length + labels;
    let record = all.get(key);
    if (record === undefined) {
      record = { stack, labels, values: new Array(profile.types.length).fill(0) };
      all.set(key, record);
    }
    record.values[type]! += value;
  }
  return all.values();
}
