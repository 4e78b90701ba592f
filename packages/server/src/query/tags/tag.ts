// The contract of a tag: something rows are filtered and grouped by. Physical columns are tags, and so is everything that
// can be derived from them, by dictionaries or otherwise. A family (one file here, one line in index.ts) makes tags.
import type { RecordDefinition } from '@sonde/records';
import type { Bind } from '../params.ts';
import type { Operand, PredicateOperator, ValueKind } from '../predicate.ts';

export interface Tag {
  readonly name: string;
  readonly kind: ValueKind;
  readonly meaning: string;
  readonly category: string;
  readonly unit: string;
  /** Physical columns the value is made of. */
  readonly columns: readonly string[];
  /** SQL of the value; `columns` are SQL expressions standing for the columns above, in that order. */
  readonly value: (columns: readonly string[], bind: Bind) => string;
  /** SQL condition where a comparison of the value would be wrong or slow. Only over rows, not over groups. */
  readonly filter?: (
    columns: readonly string[],
    operator: PredicateOperator,
    operands: readonly Operand[],
    bind: Bind,
  ) => string;
  /** Looked up in a dictionary: rows are grouped by the columns first and translated after. */
  readonly translated?: boolean;
  /** Tags that a group by this one groups by as well: same name does not mean same thing. */
  readonly companions?: readonly string[];
  readonly enumeration?: string;
  /** Tag with the type of what this one names, for node_type() and icon_id(). */
  readonly type_tag?: string;
  /** Tag with the number of what this one names; SHOW TAG x VALUES lists both, out of all entities. */
  readonly listed_by?: string;
  readonly end?: 0 | 1;
  /** Client and server end, for a tag asked for without its suffix on a table of calls. */
  readonly ends?: readonly [Tag, Tag];
  readonly hidden?: boolean;
  readonly nullable?: boolean;
  /** All members of a family as one text. */
  readonly family?: true;
  /** Text of a hardware address. */
  readonly hardware?: true;
  /** False: no row carries it yet, the value is always the empty one. */
  readonly recorded?: boolean;
}

export interface TagFamily {
  /** Tags of a table that have a fixed name. */
  readonly tags: (definition: RecordDefinition) => readonly Tag[];
  /** Tags whose names the data decide, as `attribute.x`. */
  readonly dynamic?: (definition: RecordDefinition, name: string) => Tag | undefined;
  /** Families of such names that are tags themselves, all of their members as one text. */
  readonly families?: readonly string[];
}

/** Suffixes of the ends that a table's rows have: [''] for one row an end, ['_0', '_1'] for one row a call. */
export function end_suffixes(definition: RecordDefinition): readonly string[] {
  const has = (name: string) => definition.columns.some((c) => c.name === name);
  if (has('entity_id_0')) return ['_0', '_1'];
  return has('entity_id') ? [''] : [];
}
export const end_of = (suffix: string): { end?: 0 | 1 } =>
  suffix === '_0' ? { end: 0 } : suffix === '_1' ? { end: 1 } : {};
export const end_words = (suffix: string): string =>
  suffix === '_0' ? ' of the client end' : suffix === '_1' ? ' of the server end' : '';
