// ProfilesDictionary: what all profiles of a message refer to by index. Entry 0 of each table stands for nothing.
import { type Labels, LIMITS, ProfileError } from '../profile.ts';
import { FIXED64, type Reader, VARINT } from '../protobuf.ts';

/** Entries of a table. */
const ENTRIES_MAX = 1_000_000;
/** Lists and maps within the value of an attribute. */
const VALUE_DEPTH_MAX = 8;

export interface Line {
  readonly name: string;
  readonly file: string;
}
export interface Location {
  /** profile.frame.type; '' = not said. */
  readonly type: string;
  readonly module: string;
  /** Where it lies, when it has no function. */
  readonly place: string;
  /** The innermost inlined one first. */
  readonly lines: readonly Line[];
}

export class Dictionary {
  readonly strings: string[] = [];
  private readonly tables: ReadonlyMap<number, readonly Reader[]>;
  private readonly located = new Map<number, Location>();

  constructor(strings: string[], tables: ReadonlyMap<number, readonly Reader[]>) {
    this.strings = strings;
    this.tables = tables;
  }

  string(index: number): string {
    return string_of(this.strings, index);
  }

  /** Location indexes, innermost first. */
  stack(index: number): readonly number[] {
    const at = this.entry(TABLE.stack, index, 'stack');
    const locations: number[] = [];
    while (at.next()) {
      if (at.field === 1) at.numbers(locations, ENTRIES_MAX);
      else at.skip();
    }
    return locations.slice(0, LIMITS.depth + 1);
  }

  location(index: number): Location {
    const known = this.located.get(index);
    if (known !== undefined) return known;
    const at = this.entry(TABLE.location, index, 'location');
    let mapping = 0;
    let address = 0n;
    const lines: Line[] = [];
    const marks: number[] = [];
    while (at.next()) {
      if (at.field === 1) mapping = at.number();
      else if (at.field === 2) address = at.big();
      else if (at.field === 3) lines.push(this.line(at.message()));
      else if (at.field === 4) at.numbers(marks, LIMITS.labels);
      else at.skip();
      if (lines.length > LIMITS.depth)
        throw new ProfileError(`A location has more than ${LIMITS.depth} inlined functions.`, 413);
    }
    const { file, start, offset } = this.mapping(mapping);
    const place =
      file === '' || address < start ? `0x${address.toString(16)}` : `+0x${(address - start + offset).toString(16)}`;
    const type = attributes(marks, this).find(([name]) => name === 'profile.frame.type')?.[1] ?? '';
    const location = { type, module: file, place, lines };
    this.located.set(index, location);
    return location;
  }

  link(index: number): Labels {
    if (index === 0) return [];
    const at = this.entry(TABLE.link, index, 'link');
    let [trace, span] = ['', ''];
    while (at.next()) {
      if (at.field === 1) trace = Buffer.from(at.raw()).toString('hex');
      else if (at.field === 2) span = Buffer.from(at.raw()).toString('hex');
      else at.skip();
    }
    return [
      ['trace_id', trace],
      ['span_id', span],
    ];
  }

  /** Read anew from its beginning. */
  entry(table: number, index: number, what: string): Reader {
    const entry = this.tables.get(table)?.[index];
    if (entry === undefined) throw new ProfileError(`The dictionary of the OTLP profiles has no ${what} ${index}.`);
    return entry.again();
  }

  private line(at: Reader): Line {
    let of = 0;
    while (at.next()) {
      if (at.field === 1) of = at.number();
      else at.skip();
    }
    const entry = this.entry(TABLE.function, of, 'function');
    let [name, system, file] = [0, 0, 0];
    while (entry.next()) {
      if (entry.field === 1) name = entry.number();
      else if (entry.field === 2) system = entry.number();
      else if (entry.field === 3) file = entry.number();
      else entry.skip();
    }
    return { name: this.string(name) || this.string(system), file: this.string(file) };
  }

  private mapping(index: number): { file: string; start: bigint; offset: bigint } {
    let [start, offset, file] = [0n, 0n, 0];
    if (index === 0) return { file: '', start, offset };
    const at = this.entry(TABLE.mapping, index, 'mapping');
    while (at.next()) {
      if (at.field === 1) start = at.big();
      else if (at.field === 3) offset = at.big();
      else if (at.field === 4) file = at.number();
      else at.skip();
    }
    return { file: this.string(file), start, offset };
  }
}

/** Fields of ProfilesDictionary. */
export const TABLE = { mapping: 1, location: 2, function: 3, link: 4, string: 5, attribute: 6, stack: 7 } as const;

export function read_dictionary(at: Reader): Dictionary {
  const strings: string[] = [];
  const tables = new Map<number, Reader[]>();
  let entries = 0;
  while (at.next()) {
    if (++entries > ENTRIES_MAX) throw new ProfileError(`The dictionary has more than ${ENTRIES_MAX} entries.`, 413);
    if (at.field === TABLE.string) strings.push(at.text());
    else if (at.field <= TABLE.stack) {
      const table = tables.get(at.field);
      if (table === undefined) tables.set(at.field, [at.message()]);
      else table.push(at.message());
    } else at.skip();
  }
  return new Dictionary(strings, tables);
}

function string_of(strings: readonly string[], index: number): string {
  // An empty table is one of nothing but the empty string.
  const text = index === 0 ? '' : strings[index];
  if (text === undefined) throw new ProfileError(`The dictionary of the OTLP profiles has no string ${index}.`);
  return text;
}

/** Attributes by their indexes in the dictionary. */
export function attributes(indexes: readonly number[], dictionary: Dictionary): [string, string][] {
  return indexes
    .filter((index) => index !== 0)
    .map((index) => {
      const at = dictionary.entry(TABLE.attribute, index, 'attribute');
      let [key, unit] = [0, 0];
      let value = '';
      while (at.next()) {
        if (at.field === 1) key = at.number();
        else if (at.field === 2) value = any_value(at.message(), dictionary.strings, 0);
        else if (at.field === 3) unit = at.number();
        else at.skip();
      }
      return [dictionary.string(key), unit === 0 ? value : `${value} ${dictionary.string(unit)}`];
    });
}

/** A KeyValue of a resource: the key is text, or an index of the dictionary's strings. */
export function attribute(at: Reader, strings: readonly string[]): [string, string] {
  let [key, value] = ['', ''];
  while (at.next()) {
    if (at.field === 1) key = at.text();
    else if (at.field === 2) value = any_value(at.message(), strings, 0);
    else if (at.field === 3) key = string_of(strings, at.number());
    else at.skip();
  }
  return [key, value];
}

/** AnyValue as text; lists and maps as JSON-like text. */
function any_value(at: Reader, strings: readonly string[], depth: number): string {
  if (depth > VALUE_DEPTH_MAX) throw new ProfileError('The value of an attribute is nested too deeply.');
  let value = '';
  while (at.next()) {
    if (at.field === 1) value = at.text();
    else if (at.field === 2) value = at.number() === 0 ? 'false' : 'true';
    else if (at.field === 3 && at.wire === VARINT) value = String(at.number());
    else if (at.field === 4 && at.wire === FIXED64) value = String(at.double());
    else if (at.field === 5 || at.field === 6) value = values(at.message(), strings, depth, at.field === 6);
    else if (at.field === 7) value = Buffer.from(at.raw()).toString('hex');
    else if (at.field === 8) value = string_of(strings, at.number());
    else at.skip();
  }
  return value;
}

function values(at: Reader, strings: readonly string[], depth: number, keyed: boolean): string {
  const parts: string[] = [];
  while (at.next()) {
    if (at.field !== 1) at.skip();
    else if (!keyed) parts.push(any_value(at.message(), strings, depth + 1));
    else {
      const pair = at.message();
      let [key, value] = ['', ''];
      while (pair.next()) {
        if (pair.field === 1) key = pair.text();
        else if (pair.field === 2) value = any_value(pair.message(), strings, depth + 1);
        else pair.skip();
      }
      parts.push(`${key}=${value}`);
    }
    if (parts.length > LIMITS.labels) throw new ProfileError('The value of an attribute has too many parts.', 413);
  }
  return parts.join(',');
}
