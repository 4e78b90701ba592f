// What is shown as pprof's profile.proto (google/pprof, proto/profile.proto), not compressed: pprof reads it either way.
import { stacks_of } from './export.ts';
import { KERNEL_MODULE, type Tree } from './tree.ts';

/** Field numbers of the messages. */
const PROFILE = {
  sample_type: 1,
  sample: 2,
  mapping: 3,
  location: 4,
  function: 5,
  string_table: 6,
  period_type: 11,
} as const;
const VALUE_TYPE = { type: 1, unit: 2 } as const;
const SAMPLE = { location_id: 1, value: 2 } as const;
const MAPPING = { id: 1, filename: 5, has_functions: 7 } as const;
const LOCATION = { id: 1, mapping_id: 2, line: 4 } as const;
const LINE = { function_id: 1 } as const;
const FUNCTION = { id: 1, name: 2, system_name: 3, filename: 4 } as const;

const VARINT = 0;
const BYTES = 2;

class Message {
  bytes: number[] = [];

  /** Whole numbers of 0 and more, up to 2^53. */
  private varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes.push((rest % 0x80) | 0x80);
    this.bytes.push(rest);
  }
  number(field: number, value: number): this {
    this.varint(field * 8 + VARINT);
    this.varint(value);
    return this;
  }
  data(field: number, bytes: ArrayLike<number>): this {
    this.varint(field * 8 + BYTES);
    this.varint(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.bytes.push(bytes[i]!);
    return this;
  }
  message(field: number, message: Message): this {
    return this.data(field, message.bytes);
  }
  numbers(field: number, values: readonly number[]): this {
    const packed = new Message();
    for (const value of values) packed.varint(value);
    return this.message(field, packed);
  }
}

/** Ids by text, in the order of first use; the empty text is 0. */
class Table {
  readonly ids = new Map<string, number>([['', 0]]);
  id(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    this.ids.set(text, this.ids.size);
    return this.ids.size - 1;
  }
}

export function pprof(tree: Tree, top: number, type: string, unit: string): Uint8Array {
  const out = new Message();
  const [strings, modules] = [new Table(), new Table()];
  const of_type = new Message().number(VALUE_TYPE.type, strings.id(type)).number(VALUE_TYPE.unit, strings.id(unit));
  out.message(PROFILE.sample_type, of_type);
  const used = new Set<number>();
  for (const { path, value } of stacks_of(tree, top)) {
    // Innermost first; ids begin at 1.
    const locations = path.map((node) => tree.fn[node]! + 1).reverse();
    for (const id of locations) used.add(id);
    out.message(
      PROFILE.sample,
      new Message().numbers(SAMPLE.location_id, locations).numbers(SAMPLE.value, [Math.round(value)]),
    );
  }
  for (const id of used) {
    const fn = tree.functions[id - 1]!;
    const name = strings.id(fn.name);
    const mapping = modules.id(fn.kind === 'K' ? KERNEL_MODULE : fn.module);
    const line = new Message().number(LINE.function_id, id);
    const location = new Message().number(LOCATION.id, id).number(LOCATION.mapping_id, mapping);
    out.message(PROFILE.location, location.message(LOCATION.line, line));
    const as_function = new Message().number(FUNCTION.id, id).number(FUNCTION.name, name);
    as_function.number(FUNCTION.system_name, name).number(FUNCTION.filename, strings.id(fn.module));
    out.message(PROFILE.function, as_function);
  }
  for (const [module, id] of modules.ids) {
    if (id === 0) continue;
    const mapping = new Message().number(MAPPING.id, id).number(MAPPING.filename, strings.id(module));
    out.message(PROFILE.mapping, mapping.number(MAPPING.has_functions, 1));
  }
  out.message(PROFILE.period_type, of_type);
  const encoder = new TextEncoder();
  for (const text of strings.ids.keys()) out.data(PROFILE.string_table, encoder.encode(text));
  return Uint8Array.from(out.bytes);
}
