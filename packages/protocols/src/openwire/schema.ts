// The fields of structures as the decoder walks them: numbers for what they are, one list a structure and version.
import { STRUCTURES } from './messages.ts';

export const KIND = {
  bool: 0,
  byte: 1,
  int: 2,
  long: 3,
  text: 4,
  bytes: 5,
  magic: 6,
  object: 7,
  cached: 8,
  objects: 9,
  error: 10,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** What a row takes from a field. */
export const TAKE = {
  nothing: 0,
  command_id: 1,
  response_required: 2,
  answers: 3,
  destination: 4,
  correlation: 5,
  properties: 6,
  version: 7,
  broker_url: 8,
  client_id: 9,
  subscription: 10,
  name: 11,
} as const;
export type Take = (typeof TAKE)[keyof typeof TAKE];

export interface Field {
  readonly kind: Kind;
  readonly take: Take;
}

export const VERSION_MAX = 12;

function all_fields(type: number, version: number): Field[] {
  const structure = STRUCTURES[type]!;
  const before = structure.parent === undefined ? [] : all_fields(structure.parent, version);
  const own = structure.fields.split(' ').filter((word) => word !== '');
  for (const word of own) {
    const [what, take = 'nothing'] = word.split('=', 2);
    const [kind, since = '1'] = what!.split('@', 2);
    if (Number(since) > version) continue;
    before.push({ kind: KIND[kind as keyof typeof KIND], take: TAKE[take as keyof typeof TAKE] });
  }
  return before;
}

const lists = new Map<number, readonly Field[]>();

/** Fields of a structure, in order; undefined when there is no such structure. */
export function fields_of(type: number, version: number): readonly Field[] | undefined {
  const key = (type << 8) | version;
  let list = lists.get(key);
  if (list !== undefined) return list;
  if (type > 0xff || STRUCTURES[type] === undefined) return undefined;
  list = all_fields(type, version);
  lists.set(key, list);
  return list;
}
