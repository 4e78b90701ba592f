// What a chunk says of its own types, and values read by it. A type is a struct of fields; a field is a value, a list of values, or the
// key of a value in a constant pool.
import { type Cursor, broken, type StringRef } from './cursor.ts';

const CLASSES_MAX = 20_000;
const FIELDS_MAX = 200;
/** Structs within structs, elements within elements. */
const DEPTH_MAX = 16;

interface Field {
  readonly name: string;
  readonly type: number;
  readonly list: boolean;
  /** The value is the key of one in the pool of its type. */
  readonly pooled: boolean;
}
export interface Type {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly Field[];
}
/** Keys of pools are numbers. */
export type Value = number | string | StringRef | readonly Value[] | Struct;
export interface Struct {
  readonly [field: string]: Value;
}

const PRIMITIVES: Readonly<Record<string, (at: Cursor) => number | string | StringRef>> = {
  boolean: (at) => at.byte(),
  byte: (at) => at.byte(),
  short: (at) => at.long(),
  char: (at) => at.long(),
  int: (at) => at.long(),
  long: (at) => at.long(),
  float: (at) => at.bytes.readFloatBE(at.skip(4)),
  double: (at) => at.bytes.readDoubleBE(at.skip(8)),
  'java.lang.String': (at) => at.string(),
};

export class Types {
  private readonly by_id: ReadonlyMap<number, Type>;

  constructor(by_id: ReadonlyMap<number, Type>) {
    this.by_id = by_id;
  }

  get(id: number): Type {
    const type = this.by_id.get(id);
    if (type === undefined) throw broken();
    return type;
  }

  name(id: number): string {
    return this.by_id.get(id)?.name ?? '';
  }

  read(id: number, at: Cursor, depth = 0): Value {
    const type = this.get(id);
    const primitive = PRIMITIVES[type.name];
    if (primitive !== undefined) return primitive(at);
    // A struct of nothing takes no bytes: lists of them would cost time that the size of the file does not bound.
    if (depth > DEPTH_MAX || type.fields.length === 0) throw broken();
    const struct: Record<string, Value> = {};
    for (const field of type.fields) {
      if (!field.list) {
        struct[field.name] = field.pooled ? at.long() : this.read(field.type, at, depth + 1);
        continue;
      }
      const list: Value[] = new Array(at.count());
      for (let i = 0; i < list.length; i++) list[i] = field.pooled ? at.long() : this.read(field.type, at, depth + 1);
      struct[field.name] = list;
    }
    return struct;
  }
}

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
}

/** `at` is behind size and type of the metadata event. */
export function read_types(at: Cursor): Types {
  at.long();
  at.long();
  at.long();
  const strings: string[] = new Array(at.count());
  for (let i = 0; i < strings.length; i++) {
    const text = at.string();
    strings[i] = typeof text === 'string' ? text : '';
  }
  const classes = find(read_element(at, strings, 0), 'class', 3);
  if (classes.length > CLASSES_MAX) throw broken();
  return new Types(
    new Map(
      classes.map((element) => {
        const id = Number(element.attributes.get('id') ?? Number.NaN);
        const fields = element.children.filter((child) => child.name === 'field').slice(0, FIELDS_MAX + 1);
        if (!Number.isInteger(id) || fields.length > FIELDS_MAX) throw broken();
        return [id, { id, name: element.attributes.get('name') ?? '', fields: fields.map(field_of) }];
      }),
    ),
  );
}

function field_of({ attributes }: Element): Field {
  return {
    name: attributes.get('name') ?? '',
    type: Number(attributes.get('class') ?? Number.NaN),
    list: attributes.get('dimension') === '1',
    pooled: attributes.get('constantPool') === 'true',
  };
}

function read_element(at: Cursor, strings: readonly string[], depth: number): Element {
  if (depth > DEPTH_MAX) throw broken();
  const text = (): string => {
    const found = strings[at.long()];
    if (found === undefined) throw broken();
    return found;
  };
  const name = text();
  const attributes = new Map<string, string>();
  for (let left = at.count(); left > 0; left--) attributes.set(text(), text());
  const children: Element[] = [];
  for (let left = at.count(); left > 0; left--) children.push(read_element(at, strings, depth + 1));
  return { name, attributes, children };
}

function find(element: Element, name: string, depth: number): Element[] {
  const found = element.children.filter((child) => child.name === name);
  if (depth > 0) for (const child of element.children) found.push(...find(child, name, depth - 1));
  return found;
}
