// Messages of Connect by their field lists: protobuf and proto3's JSON from one description.
import { type Reader, Writer } from '../../formats/protobuf.ts';
import { ProfileError } from '../../formats/profile.ts';

type Scalar = 'string' | 'int64' | 'double' | 'enum';
export interface FieldOf {
  /** In JSON. */
  readonly name: string;
  readonly number: number;
  readonly type: Scalar | Schema;
  readonly repeated?: true;
  /** Names of an enum's numbers. */
  readonly names?: readonly string[];
}
export type Schema = readonly FieldOf[];
export type Message = { [field: string]: Value | undefined };
export type Item = string | number | Message;
export type Value = Item | Item[];

const ITEMS_MAX = 1_000_000;
const DEPTH_MAX = 8;
const bad = (message: string): ProfileError => new ProfileError(message);

export function from_protobuf(at: Reader, schema: Schema): Message {
  const message: Message = {};
  while (at.next()) {
    const field = schema.find(({ number }) => number === at.field);
    if (field === undefined) at.skip();
    else if (field.repeated === true) {
      const known = message[field.name];
      if (Array.isArray(known)) for (const item of items(at, field)) known.push(item);
      else message[field.name] = items(at, field);
    } else message[field.name] = items(at, field)[0] ?? 0;
  }
  return message;
}
const list = (value: Value | undefined): readonly Item[] => (Array.isArray(value) ? value : []);

function items(at: Reader, { type, repeated }: FieldOf): Item[] {
  if (type === 'string') return [at.text()];
  if (type === 'double') return [at.double()];
  if (typeof type !== 'string') return [from_protobuf(at.message(), type)];
  if (repeated !== true) return [at.number()];
  const numbers: number[] = [];
  at.numbers(numbers, ITEMS_MAX);
  return numbers;
}

export function to_protobuf(message: Message, schema: Schema, out = new Writer()): Writer {
  for (const { name, number, type, repeated } of schema) {
    const value = message[name];
    if (value === undefined) continue;
    if (repeated === true && (type === 'int64' || type === 'enum')) {
      out.numbers(number, list(value) as readonly number[]);
      continue;
    }
    for (const item of Array.isArray(value) ? list(value) : [value as Item]) {
      if (typeof type !== 'string') out.message(number, (inner) => to_protobuf(item as Message, type, inner));
      else if (type === 'string') {
        if (repeated === true) out.raw(number, Buffer.from(String(item)));
        else out.text(number, String(item));
      } else if (type === 'double') out.double(number, Number(item));
      else out.number(number, Number(item));
    }
  }
  return out;
}

export function from_json(value: unknown, schema: Schema, depth = 0): Message {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('A message is not a JSON object.');
  if (depth > DEPTH_MAX) throw bad('A message is nested too deeply.');
  const given = value as Record<string, unknown>;
  const message: Message = {};
  for (const field of schema) {
    // proto3's JSON takes the names of the definition too.
    const found = given[field.name] ?? given[snake(field.name)];
    if (found === undefined || found === null) continue;
    const one = (item: unknown) => scalar(item, field, depth);
    if (field.repeated !== true) message[field.name] = one(found);
    else if (Array.isArray(found)) message[field.name] = found.map(one);
    else throw bad(`\`${field.name}\` is not a list.`);
  }
  return message;
}
const snake = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a}_${b.toLowerCase()}`);

function scalar(value: unknown, { name, type, names }: FieldOf, depth: number): Item {
  if (typeof type !== 'string') return from_json(value, type, depth + 1);
  if (type === 'string') {
    if (typeof value === 'string') return value;
    throw bad(`\`${name}\` is not text.`);
  }
  if (type === 'enum' && typeof value === 'string') {
    const index = names?.indexOf(value) ?? -1;
    if (index >= 0) return index;
  }
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw bad(`\`${name}\` is not a number.`);
}

/** 64-bit integers are texts, as proto3's JSON has them; what has its default is left out. */
export function to_json(message: Message, schema: Schema): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const { name, type, repeated } of schema) {
    const value = message[name];
    if (value === undefined || value === 0 || value === '') continue;
    const one = (item: Item): unknown =>
      typeof type !== 'string' ? to_json(item as Message, type) : type === 'int64' ? String(item) : item;
    if (repeated !== true) json[name] = one(value as Item);
    else if (list(value).length > 0) json[name] = list(value).map(one);
  }
  return json;
}
